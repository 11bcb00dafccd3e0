//! The cells table.

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use crate::tui::{
    state::CellEntry,
    table::SortKey,
    text::{age, left, megahertz, or_dash, right},
    theme::mark,
    ui::Ui,
};

/// A column: its heading, its width (negative: to the left), and the least width of the table that shows it.
type Column = (&'static str, i8, u16, Option<SortKey>, fn(&CellEntry, &Ui) -> String);

/// Every column, in order; 80 columns hold the ones that say 0.
const COLUMNS: &[Column] = &[
    ("verdict", -14, 0, Some(SortKey::Verdict), |c, _| format!("{} {}", mark(c.verdict), c.verdict)),
    ("PCI", 3, 0, Some(SortKey::Pci), |c, _| c.observation.pci.get().to_string()),
    ("EARFCN", 6, 0, Some(SortKey::Carrier), |c, _| or_dash(c.observation.carrier.earfcn)),
    ("band", 4, 0, None, |c, _| or_dash(c.observation.carrier.band)),
    ("MHz", 8, 100, None, |c, _| megahertz(c.observation.carrier.hz)),
    ("PRB", 3, 110, None, |c, _| or_dash(c.observation.mib.map(|mib| mib.bandwidth.n_rb_dl()))),
    ("ports", 5, 110, None, |c, _| or_dash(c.observation.mib.map(|mib| mib.antenna_ports.count()))),
    ("PLMN", -7, 0, Some(SortKey::Plmn), |c, _| {
        or_dash(c.observation.identity.as_ref().and_then(|i| i.plmns.first().copied()))
    }),
    ("TAC", 5, 0, Some(SortKey::Tac), |c, _| or_dash(c.observation.identity.as_ref().map(|i| i.tac))),
    ("identity", -8, 0, Some(SortKey::Identity), |c, _| {
        or_dash(c.observation.identity.as_ref().map(|i| format!("{:07x}", i.eci.get())))
    }),
    ("kind", -5, 0, Some(SortKey::Kind), |c, _| kind(c).to_owned()),
    ("RSRP", 6, 0, Some(SortKey::Level), |c, _| format!("{:.1}", c.observation.rsrp_db())),
    ("SINR", 5, 0, Some(SortKey::Sinr), |c, _| format!("{:.1}", c.observation.level.sinr_db)),
    ("age", 4, 0, Some(SortKey::Age), |c, ui| age(ui.snapshot.now, c.observation.time())),
    ("dwells", 6, 120, None, |c, _| c.history.len().to_string()),
];

/// What a cell is: as registered, else as it says.
#[must_use]
pub fn kind(cell: &CellEntry) -> &'static str {
    let home = cell.observation.broadcast.hnb_name.is_some()
        || cell.observation.identity.as_ref().is_some_and(|identity| identity.csg_indication);
    match cell.kind {
        Some(kind) => kind.word(),
        None if home => "home?",
        None => "-",
    }
}

/// Draws the table.
pub fn draw(frame: &mut Frame<'_>, area: Rect, ui: &mut Ui) {
    let [head, body] = super::head_and_body(area);
    let columns: Vec<&Column> = COLUMNS.iter().filter(|column| column.2 <= area.width).collect();
    let mut heading = Vec::new();
    let mut x = head.x;
    for (name, width, _, sort, _) in &columns {
        let columns = u16::from(width.unsigned_abs());
        ui.click_areas.headings.extend(sort.map(|key| (Rect { x, width: columns + 1, ..head }, key)));
        x += columns + 1;
        let arrow = match (*sort == Some(ui.table.sort()), ui.table.reversed()) {
            (false, _) => "",
            (true, false) => "↓",
            (true, true) => "↑",
        };
        // Where the name fills its column, the arrow stands in the gap after it.
        let text = if arrow.is_empty() || name.len() < usize::from(columns) {
            field(&format!("{name}{arrow}"), *width) + " "
        } else {
            field(name, *width) + arrow
        };
        heading.push(Span::styled(text, ui.theme.heading()));
    }
    let used: usize = columns.iter().map(|column| usize::from(column.1.unsigned_abs()) + 1).sum();
    let room = usize::from(area.width).saturating_sub(used);
    let says_more = room >= 16;
    if says_more {
        heading.push(Span::styled(left("findings and name", room), ui.theme.heading()));
    }
    frame.render_widget(Line::from(heading), head);

    let height = usize::from(body.height);
    ui.cells.show(ui.table.rows().len(), height);
    ui.click_areas.rows = body;
    let rows = ui.table.rows();
    for (line, (i, cell)) in body.rows().zip(rows.iter().enumerate().skip(ui.cells.top)) {
        let style = if i == ui.cells.at { ui.theme.selected() } else { Style::new() };
        let fields = columns.iter().enumerate().map(|(at, (_, width, _, _, value))| {
            let style = if at == 0 { ui.theme.verdict(cell.verdict) } else { Style::new() };
            Span::styled(field(&value(cell, ui), *width), style)
        });
        let mut spans = joined(fields);
        if says_more {
            spans.push(Span::raw(left(&rules_and_name(cell), room)));
        }
        frame.render_widget(Line::from(spans).style(style), line);
    }
    if ui.snapshot.cells.is_empty() {
        super::sweep::draw_without_cells(frame, body, ui);
    } else if rows.is_empty() {
        let why = format!("no cell matches {:?}; Esc shows all", ui.table.filter());
        frame.render_widget(Line::styled(left(&why, usize::from(body.width)), ui.theme.faint()), body);
    }
}

/// The rules that fired, and the name that the cell gives itself.
fn rules_and_name(cell: &CellEntry) -> String {
    let rules: Vec<&str> = cell.findings.iter().map(|finding| &*finding.rule).collect();
    let name = cell.observation.broadcast.hnb_name.as_deref().map(|name| format!(" “{name}”")).unwrap_or_default();
    rules.join(" ") + &name
}

fn field(text: &str, width: i8) -> String {
    let columns = usize::from(width.unsigned_abs());
    if width < 0 { left(text, columns) } else { right(text, columns) }
}

/// The fields with a space after each.
fn joined<'a>(fields: impl Iterator<Item = Span<'a>>) -> Vec<Span<'a>> {
    fields.flat_map(|field| [field, Span::raw(" ")]).collect()
}
