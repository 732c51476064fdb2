//! The scripts that make a shell ask for candidates.

use crate::cmdlets::ALL;
use clap::ValueEnum;

/// A shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// `source <(portcullis completion bash)`
    Bash,
    /// `portcullis completion zsh > "${fpath[1]}/_portcullis"`
    Zsh,
    /// `portcullis completion fish > ~/.config/fish/completions/portcullis.fish`
    Fish,
    /// `portcullis completion powershell | Out-String | Invoke-Expression`
    Powershell,
}

const BASH: &str = r#"_portcullis() {
  local line=${COMP_LINE:0:COMP_POINT} words=() count=0 before='' piece blank word
  COMPREPLY=()
  # bash splits at : and @ and =, which names here have in them. What no blank parts is one word again, and of a candidate only that is given
  # which stands behind the last split.
  for piece in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
    blank=${line%%[![:blank:]]*}
    line=${line#"$blank"}
    if [[ $count -eq 0 || -n $blank || ( $line != "$piece"* && $piece != "$line"* ) ]]; then
      before=''
      words[count++]=$piece
    else
      before=${words[count-1]}
      words[count-1]+=$piece
    fi
    [[ $piece == *[!:=@]* || -z $piece ]] || before=${words[count-1]}
    line=${line#"$piece"}
  done
  while IFS=$'\t' read -r word _; do
    COMPREPLY+=("${word:${#before}}")
  done < <(portcullis __complete -- "${words[@]}" 2>/dev/null)
}
complete -o default -F _portcullis portcullis NAMES
"#;

const ZSH: &str = r#"#compdef portcullis NAMES
_portcullis() {
  local -a candidates
  local word about
  while IFS=$'\t' read -r word about; do
    candidates+=("${word//:/\\:}:$about")
  done < <(portcullis __complete -- "${(@)words[1,CURRENT]}" 2>/dev/null)
  if (( $#candidates )); then _describe 'portcullis' candidates; else _files; fi
}
if [ "$funcstack[1]" = _portcullis ]; then _portcullis "$@"; else compdef _portcullis portcullis NAMES; fi
"#;

const FISH: &str = r#"for name in portcullis NAMES
  complete -c $name -f -a '(portcullis __complete -- (commandline -opc) (commandline -ct) 2>/dev/null)'
end
"#;

const POWERSHELL: &str = r#"Register-ArgumentCompleter -Native -CommandName portcullis -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | ForEach-Object { $_.ToString() })
  if ($wordToComplete -eq '') { $words += '' }
  portcullis __complete -- @words 2>$null | ForEach-Object {
    $word, $about = $_ -split "`t", 2
    if (-not $about) { $about = $word }
    [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $about)
  }
}
"#;

/// The script for a shell. Programs that are links named after cmdlets complete too.
pub fn script(shell: Shell) -> String {
    let names: Vec<&str> = ALL.iter().map(|cmdlet| cmdlet.name()).filter(|name| name.contains("-Az")).collect();
    let script = match shell {
        Shell::Bash => BASH,
        Shell::Zsh => ZSH,
        Shell::Fish => FISH,
        Shell::Powershell => POWERSHELL,
    };
    script.replace("NAMES", &names.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_hands_the_words_over() {
        for shell in Shell::value_variants() {
            let script = script(*shell);
            assert!(script.contains("portcullis __complete -- ") && !script.contains("NAMES"), "{script}");
        }
        assert!(script(Shell::Bash).contains("New-AzContainerRegistryToken"));
    }
}
