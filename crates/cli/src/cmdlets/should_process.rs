//! `-WhatIf` and `-Confirm`, in PowerShell's words (about_CommonParameters, Risk management parameters).

use crate::cmdlet::binder::Bound;
use crate::failure::Failure;
use crate::host::Host;
use crate::output::Console;

const PROMPT: &str = "[Y] Yes  [A] Yes to All  [N] No  [L] No to All  [S] Suspend  [?] Help (default is \"Y\"): ";

const HELP: &str = "\
Y - Continue with only the next step of the operation.
A - Continue with all the steps of the operation.
N - Skip this operation and proceed with the next operation.
L - Skip this operation and all subsequent operations.
S - Pause the current pipeline and return to the command prompt. Type \"exit\" to resume the pipeline.";

/// What was answered before, which holds for the rest of the pipeline.
#[derive(Debug, Default)]
pub struct ShouldProcess {
    for_all: Option<bool>,
}

impl ShouldProcess {
    /// Whether `action` is to be done: `Performing the operation "…" on target "…".`
    ///
    /// Errors: nobody is there to confirm.
    pub fn ask(
        &mut self,
        action: &str,
        bound: &Bound,
        console: &mut Console<'_>,
        host: &mut dyn Host,
    ) -> Result<bool, Failure> {
        if bound.is_on("WhatIf") {
            console.print(&format!("What if: {action}\n"))?;
            return Ok(false);
        }
        if !bound.is_on("Confirm") {
            if bound.is_on("Verbose") {
                console.message("VERBOSE", action);
            }
            return Ok(true);
        }
        if let Some(answer) = self.for_all {
            return Ok(answer);
        }
        console.note(&format!("\nConfirm\nAre you sure you want to perform this action?\n{action}"));
        self.choose(console, host)
    }

    fn choose(&mut self, console: &mut Console<'_>, host: &mut dyn Host) -> Result<bool, Failure> {
        loop {
            let answer = host.ask(PROMPT).map_err(|error| nobody(&format!(": {error}")))?;
            let Some(answer) = answer else { return Err(nobody("")) };
            match answer.trim().to_ascii_lowercase().as_str() {
                "" | "y" | "yes" => return Ok(true),
                "a" | "yes to all" => return Ok(*self.for_all.insert(true)),
                "n" | "no" => return Ok(false),
                "l" | "no to all" => return Ok(*self.for_all.insert(false)),
                "s" | "suspend" => host
                    .run_shell()
                    .map_err(|error| Failure::usage(format!("The shell cannot be started: {error}.")))?,
                "?" | "h" | "help" => console.note(HELP),
                _ => {}
            }
        }
    }
}

/// PowerShell's words for `-NonInteractive`.
fn nobody(why: &str) -> Failure {
    Failure::usage(format!(
        "PowerShell is in NonInteractive mode. Read and Prompt functionality is not available{why}. Nobody is there to confirm."
    ))
    .hint("Write '-Confirm:$false', or -Force where the cmdlet has it.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;
    use crate::host::tests::Answers;
    use rstest::rstest;
    use serde_json::Value;

    fn bound(names: &[&'static str]) -> Bound {
        let mut bound = Bound::default();
        for name in names {
            bound.set(name, Value::Bool(true));
        }
        bound
    }

    /// Asks for as many actions as `expected` has; `y`es or `n`o for each.
    fn asked(switches: &[&'static str], answers: &[&str], expected: &str) -> (String, String, String) {
        let environment = Environment::default();
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut console = Console::new(&environment, &mut stdout, &mut stderr);
        let (mut host, mut asker) = (Answers::new(answers), ShouldProcess::default());
        let decided: String = expected
            .chars()
            .map(|_| if asker.ask("Act.", &bound(switches), &mut console, &mut host).unwrap() { 'y' } else { 'n' })
            .collect();
        assert_eq!(host.left(), 0);
        (decided, String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
    }

    #[rstest]
    #[case(&[""], "y")]
    #[case(&["Y"], "y")]
    #[case(&["no"], "n")]
    #[case(&["a"], "yyy")]
    #[case(&["n", "L"], "nnn")]
    #[case(&["?", "what", "s", "n"], "n")]
    fn each_answer_does_what_it_says(#[case] answers: &[&str], #[case] expected: &str) {
        assert_eq!(asked(&["Confirm"], answers, expected).0, expected);
    }

    #[test]
    fn the_prompt_is_powershells() {
        let (_, _, stderr) = asked(&["Confirm"], &["?", "y"], "y");
        let expected = "\nConfirm\nAre you sure you want to perform this action?\nAct.\n";
        assert!(stderr.starts_with(expected) && stderr.contains("L - Skip this operation and all"), "{stderr}");
    }

    #[test]
    fn what_if_says_what_would_happen_and_asks_nobody() {
        let (decided, stdout, _) = asked(&["WhatIf", "Confirm"], &[], "n");
        assert_eq!((decided.as_str(), stdout.as_str()), ("n", "What if: Act.\n"));
    }

    #[test]
    fn verbose_tells_what_is_done() {
        assert_eq!(asked(&["Verbose"], &[], "y").2, "VERBOSE: Act.\n");
        assert_eq!(asked(&[], &[], "y").2, "");
    }

    #[test]
    fn without_anybody_nothing_is_confirmed() {
        let environment = Environment::default();
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut console = Console::new(&environment, &mut stdout, &mut stderr);
        let outcome =
            ShouldProcess::default().ask("Act.", &bound(&["Confirm"]), &mut console, &mut crate::host::Nobody);
        assert!(outcome.unwrap_err().to_string().contains("NonInteractive"));
    }
}
