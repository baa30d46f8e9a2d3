//! `release publish cli/vX.Y.Z`. `build`: the folder with everything that is published; `github`: the release that has it;
//! `order`: all steps; `refused`: what is not published; `others`: what else the tool says of the client. `scene`: the repository.

mod build;
mod github;
mod order;
mod others;
mod refused;
mod scene;
