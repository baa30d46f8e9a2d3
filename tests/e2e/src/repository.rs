//! What people do in a clone of the repository.

mod development;
mod lint;
mod make_variables;
mod new_service;
mod services;
mod wrapper;
