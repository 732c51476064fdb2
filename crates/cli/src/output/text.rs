//! Text that came from elsewhere, made safe for a terminal.

/// With control characters replaced, except ends of lines: an answer must not move the cursor or recolour the window.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// As [`printable`], on one line.
pub fn printable_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
