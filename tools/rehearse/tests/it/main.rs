//! The one integration binary of `rehearse`. `rehearsals`: the tool with small workflows, in a `scene` each; `workflows`: what the
//! files below `.depot` have to keep that no linter knows.

mod rehearsals;
mod scene;
mod workflows;
