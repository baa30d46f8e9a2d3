//! The client's packages for npm.
