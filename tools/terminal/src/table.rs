//! Aligned columns for people. Knows nothing of what it shows.

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
            cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut text = String::new();
        for row in &self.rows {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
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
}
