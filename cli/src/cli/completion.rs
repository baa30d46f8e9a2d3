//! `unkey completion`: what can be typed.

use clap::{Args, ValueEnum};

const AFTER_HELP: &str = "\
Examples:
  unkey completion bash >~/.local/share/bash-completion/completions/unkey
  unkey completion zsh >~/.zfunc/_unkey                             with ~/.zfunc in $fpath
  unkey completion fish >~/.config/fish/completions/unkey.fish
  unkey completion powershell | Out-String | Invoke-Expression      in the profile
  unkey completion nushell | save completions/unkey.nu              then: use completions/unkey.nu *";

/// Prints a shell's completions of this command.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct CompletionArgs {
    /// Which shell.
    #[arg(value_enum)]
    pub shell: Shell,
}

/// The shells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
    Powershell,
    Nushell,
}
