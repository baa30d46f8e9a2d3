//! Images in Docker: loaded, run together, and kept up to date by Tilt.

mod load;
mod stores;
mod tilt;
mod up;
