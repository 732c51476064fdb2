//! Man pages (man(7)), one a command and one a cmdlet, from the same texts as the help.

use crate::cmdlets::help::{Detail, page};
use crate::cmdlets::{ALL, Cmdlet};
use crate::failure::{EXIT_CODES_HELP, Failure};
use clap::Command;
use std::fs;
use std::path::Path;

/// A page: the name of its file, and its text.
type Page = (String, String);

/// Writes every page into a folder, which is made when it is not there. How many there are.
pub fn write(root: &Command, folder: &Path) -> Result<usize, Failure> {
    let failed = |error: std::io::Error| Failure::usage(format!("Cannot write into {}: {error}.", folder.display()));
    fs::create_dir_all(folder).map_err(failed)?;
    let pages = pages(root);
    for (name, text) in &pages {
        fs::write(folder.join(name), text).map_err(failed)?;
    }
    Ok(pages.len())
}

fn pages(root: &Command) -> Vec<Page> {
    let mut root = root.clone();
    // Fills in what commands inherit.
    root.build();
    let mut pages = Vec::new();
    of_command(&root, root.get_name(), &mut pages);
    pages.extend(ALL.iter().map(|cmdlet| of_cmdlet(cmdlet)));
    pages
}

fn heading(name: &str) -> String {
    format!(".TH {} 1 \"\" \"portcullis {}\"\n", escaped(&name.to_uppercase()), env!("CARGO_PKG_VERSION"))
}

fn of_command(command: &Command, name: &str, pages: &mut Vec<Page>) {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let dashed = name.replace(' ', "-");
    let mut text = heading(&dashed);
    text.push_str(&format!(".SH NAME\n{} \\- {}\n", escaped(&dashed), escaped(&about)));
    let usage = command.clone().render_usage().to_string();
    text.push_str(&format!(".SH SYNOPSIS\n{}\n", escaped(usage.strip_prefix("Usage: ").unwrap_or(&usage))));
    let arguments: Vec<_> = command.get_arguments().filter(|argument| !argument.is_hide_set()).collect();
    if !arguments.is_empty() {
        text.push_str(".SH OPTIONS\n");
    }
    for argument in arguments {
        let help =
            argument.get_long_help().or_else(|| argument.get_help()).map(ToString::to_string).unwrap_or_default();
        let values: Vec<String> = argument
            .get_possible_values()
            .iter()
            .filter(|_| argument.get_action().takes_values())
            .map(|value| value.get_name().to_owned())
            .collect();
        let values = if values.is_empty() { String::new() } else { format!(" [{}]", values.join(", ")) };
        text.push_str(&format!(
            ".TP\n\\fB{}\\fR\n{}{}\n",
            escaped(&argument.to_string()),
            escaped(&help),
            escaped(&values)
        ));
    }
    let below: Vec<&Command> =
        command.get_subcommands().filter(|it| !it.is_hide_set() && it.get_name() != "help").collect();
    if !below.is_empty() {
        text.push_str(".SH COMMANDS\n");
    }
    for subcommand in &below {
        let about = subcommand.get_about().map(ToString::to_string).unwrap_or_default();
        text.push_str(&format!(".TP\n\\fB{}\\fR\n{}\n", escaped(subcommand.get_name()), escaped(&about)));
    }
    if let Some(after) = command.get_after_help() {
        text.push_str(&format!(".SH EXAMPLES\n{}", as_it_stands(&after.to_string())));
    }
    text.push_str(&format!(".SH EXIT STATUS\n{}", as_it_stands(EXIT_CODES_HELP)));
    pages.push((format!("{dashed}.1"), text));
    for subcommand in below {
        of_command(subcommand, &format!("{name} {}", subcommand.get_name()), pages);
    }
}

/// What man(1) calls the synopsis is a cmdlet's syntax; a cmdlet's synopsis stands behind its name, where `apropos` looks.
fn of_cmdlet(cmdlet: &Cmdlet) -> Page {
    let mut text = heading(cmdlet.name());
    text.push_str(&format!(".SH NAME\n{} \\- {}\n", escaped(cmdlet.name()), escaped(cmdlet.synopsis)));
    let page = page(cmdlet, Detail::Full).replace(EXIT_CODES_HELP, "");
    let mut block = String::new();
    for line in page.lines().skip_while(|line| *line != "SYNTAX") {
        let is_heading =
            !line.is_empty() && line.chars().all(|c| c.is_ascii_uppercase() || c == ' ') && !line.starts_with(' ');
        if is_heading {
            text.push_str(&as_it_stands(&block));
            block.clear();
            text.push_str(&format!(".SH {}\n", if line == "SYNTAX" { "SYNOPSIS" } else { line }));
        } else {
            block.push_str(line);
            block.push('\n');
        }
    }
    text.push_str(&as_it_stands(&block));
    text.push_str(&format!(".SH EXIT STATUS\n{}", as_it_stands(EXIT_CODES_HELP)));
    (format!("{}.1", cmdlet.name()), text)
}

/// Lines that are not filled.
fn as_it_stands(text: &str) -> String {
    let text = text.trim_matches('\n');
    if text.is_empty() { String::new() } else { format!(".nf\n{}\n.fi\n", escaped(text)) }
}

/// Text in which nothing is a request or an escape.
fn escaped(text: &str) -> String {
    let line = |line: &str| {
        let line = line.replace('\\', "\\e").replace('-', "\\-");
        if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invocation;

    #[test]
    fn every_command_and_every_cmdlet_has_a_page() {
        let pages = pages(&invocation::command());
        for name in [
            "portcullis.1",
            "portcullis-token-credential-generate.1",
            "portcullis-serve.1",
            "New-AzContainerRegistryToken.1",
        ] {
            assert!(pages.iter().any(|(page, _)| page == name), "{name} is not there");
        }
        for (name, text) in &pages {
            assert!(text.starts_with(".TH ") && text.contains("\n.SH NAME\n"), "{name}: {text}");
            let requests = [".TH", ".SH", ".TP", ".nf", ".fi"];
            let stray =
                text.lines().find(|line| line.starts_with('.') && !requests.iter().any(|it| line.starts_with(it)));
            assert_eq!(stray, None, "{name}");
        }
        let (_, new) = pages.iter().find(|(page, _)| page == "New-AzContainerRegistryToken.1").unwrap();
        let named = ".SH NAME\nNew\\-AzContainerRegistryToken \\- Creates a token for a container registry with the specified \
                     parameters.\n.SH SYNOPSIS\n.nf\n    New\\-AzContainerRegistryToken \\-Name <String>";
        assert!(new.contains(named), "{new}");
        assert_eq!(new.matches(".SH EXIT STATUS\n").count(), 1);
        assert_eq!(escaped(".a-b\\c"), "\\&.a\\-b\\ec");
    }
}
