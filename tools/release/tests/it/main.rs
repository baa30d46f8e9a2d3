//! The one integration binary of `release`: a module a feature.
//!
//! `hostile`: names that must not get anywhere.

mod hostile;
