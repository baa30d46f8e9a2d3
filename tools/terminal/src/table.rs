//! Aligned columns for people. Knows nothing of what it shows.

use unicode_width::UnicodeWidthStr as _;

/// Rows of cells under a header; a column is as wide as its widest cell.
#[derive(Debug)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// With its column names.
    #[must_use]
    pub fn new(header: &[&str]) -> Self {
        Self { rows: vec![header.iter().map(|name| (*name).to_owned()).collect()] }
    }

    /// One more row at the bottom; missing cells stay empty.
    pub fn push(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    /// The text, a line a row, without spaces at the ends of lines.
    #[must_use]
    pub fn render(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.width()).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut text = String::new();
        for row in &self.rows {
            // A terminal gives two columns to some letters and none to others, which `{:width$}` does not know.
            let padded =
                |(cell, width): (&String, &usize)| cell.clone() + &" ".repeat(width.saturating_sub(cell.width()));
            let cells = row.iter().zip(&widths).map(padded);
            text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let mut table = Table::new(&["service", "tag"]);
        table.push(vec!["api".to_owned(), "v1.0.0".to_owned(), "x".to_owned()]);
        table.push(vec!["control-plane".to_owned()]);
        assert_eq!(table.render(), "service        tag\napi            v1.0.0  x\ncontrol-plane\n");
    }

    #[test]
    fn wide_letters_take_two_columns_and_accents_none() {
        let mut table = Table::new(&["name", "state"]);
        for name in ["数据库", "e\u{301}te\u{301}", "🚀"] {
            table.push(vec![name.to_owned(), "valid".to_owned()]);
        }
        let expected = "name    state\n数据库  valid\ne\u{301}te\u{301}     valid\n🚀      valid\n";
        assert_eq!(table.render(), expected);
    }
}
