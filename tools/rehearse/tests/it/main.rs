//! The one integration binary of `rehearse`. `rehearsals`: the tool with small workflows, in a `scene` each; `client`: what only
//! the client's workflow has; `workflows`: what the repository's own workflows have to keep that no linter knows; `tags`: which
//! of them a tag starts.

mod client;
mod rehearsals;
mod scene;
mod tags;
mod workflows;
