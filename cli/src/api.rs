//! What is asked of the API and the control API, a file a noun. Owns the documents; not how they travel.

pub mod deployments;
pub mod keys;
