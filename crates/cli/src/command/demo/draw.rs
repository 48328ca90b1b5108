//! The picture on the screen. What stands there is made in `view`.

use super::screen::{Focus, Screen};
use super::show::Show;
use super::view::{self, Row, clock};
use crate::style::Tone;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

/// Narrower or lower than this, nothing useful fits.
const SMALLEST: (u16, u16) = (40, 10);

const HELP: [&str; 13] = [
    "q, Esc      quit",
    "space       pause, go on",
    "+  -        faster, slower",
    "Tab         choose a table",
    "arrows      scroll it (also PgUp, PgDn, Home, End)",
    "?           this help",
    "",
    "predicted   separation will be lost if nothing changes",
    "IMMINENT    it is about to be lost",
    "LOST        it is lost",
    "~ 12 s      no position for 12 s: the track coasts",
    "STALE 60    no position for 60 s: not to be trusted",
    "SILENT      a feed has stopped: its aircraft are not seen",
];

pub fn draw(frame: &mut Frame, show: &Show, screen: &mut Screen) {
    let area = frame.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let text = format!("the window is too small: {}x{} at least", SMALLEST.0, SMALLEST.1);
        frame.render_widget(Paragraph::new(text), area);
        return;
    }
    let (alerts, tracks, feeds) = (view::alerts(show), view::tracks(show), view::feeds(show));
    let heights = heights(area.height, alerts.len(), feeds.len());
    let [head, headline, alert_area, track_area, feed_area, message_area, keys] =
        Layout::vertical(heights.map(Constraint::Length)).areas(area);
    draw_head(frame, head, show, screen);
    draw_headline(frame, headline, show, screen);
    use view::{ALERT_COLUMNS, FEED_COLUMNS, TRACK_COLUMNS};
    draw_table(frame, alert_area, screen, "Alerts", &ALERT_COLUMNS, &alerts, Focus::Alerts);
    draw_table(frame, track_area, screen, "Tracks", &TRACK_COLUMNS, &tracks, Focus::Tracks);
    draw_table(frame, feed_area, screen, "Feeds", &FEED_COLUMNS, &feeds, Focus::Feeds);
    let style = style(screen.colour, Tone::Quiet);
    let messages = screen.messages.iter().take(usize::from(message_area.height));
    let width = usize::from(message_area.width);
    let lines: Vec<Line> = messages.map(|m| Line::styled(cut(m, width), style)).collect();
    frame.render_widget(Paragraph::new(lines), message_area);
    let text = " q quit  space pause  +/- speed  Tab table  arrows scroll  ? help";
    frame.render_widget(Paragraph::new(Line::styled(text, style)), keys);
    if screen.help {
        draw_help(frame, area);
    }
}

/// Heights from top to bottom: head, headline, alerts, tracks, feeds, messages, keys.
/// What is left goes to the tracks.
fn heights(total: u16, alerts: usize, feeds: usize) -> [u16; 7] {
    let inner = total - 3;
    // A table needs a title and a header.
    let with_head = |rows: usize| u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(2);
    let messages = if inner >= 18 { inner / 9 } else { 0 };
    let feed_rows = with_head(feeds).min(inner / 4).max(3);
    let alert_rows = with_head(alerts.max(4)).min(inner / 3).max(3);
    let tracks = inner.saturating_sub(messages + feed_rows + alert_rows);
    [1, 1, alert_rows, tracks, feed_rows, messages, 1]
}

fn draw_head(frame: &mut Frame, area: Rect, show: &Show, screen: &Screen) {
    let state = match (show.is_over(), screen.paused) {
        (true, _) => "ENDED",
        (false, true) => "PAUSED",
        (false, false) => "",
    };
    let left = format!(" Deconflict  {}", show.name);
    let right = format!("{state}  x{:.0}  {}Z ", screen.speed, clock(show.now()));
    let gap = usize::from(area.width).saturating_sub(left.chars().count() + right.chars().count());
    let text = format!("{left}{}{right}", " ".repeat(gap));
    let style = Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED);
    frame.render_widget(Paragraph::new(Line::styled(text, style)), area);
}

fn draw_headline(frame: &mut Frame, area: Rect, show: &Show, screen: &Screen) {
    let (text, tone) = view::headline(show);
    let line = Line::styled(format!(" {text}"), style(screen.colour, tone));
    frame.render_widget(Paragraph::new(line), area);
}

fn draw_table(
    frame: &mut Frame,
    area: Rect,
    screen: &mut Screen,
    name: &str,
    columns: &[(&str, u16)],
    rows: &[Row],
    focus: Focus,
) {
    let fitted = usize::from(area.height.saturating_sub(2));
    let slot = focus as usize;
    screen.fitted[slot] = (fitted, rows.len());
    // The table may have become shorter since it was scrolled.
    let from = screen.scroll[slot].min(rows.len().saturating_sub(fitted));
    screen.scroll[slot] = from;
    let to = rows.len().min(from + fitted);
    let chosen = screen.focus == focus;
    let more = match rows.len() > fitted {
        true => format!("  {}-{to}", from + 1),
        false => String::new(),
    };
    let mark = if chosen { ">" } else { " " };
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let quiet = style(screen.colour, Tone::Quiet);
    let mut lines = vec![
        Line::from(vec![
            Span::styled(format!("{mark}{name} ({})", rows.len()), bold),
            Span::styled(more, quiet),
        ]),
        Line::styled(cells(columns, columns.iter().map(|(h, _)| h.trim_start_matches('>'))), quiet),
    ];
    for row in &rows[from..to] {
        let text = cells(columns, row.cells.iter().map(String::as_str));
        lines.push(Line::styled(text, style(screen.colour, row.tone)));
    }
    frame.render_widget(Paragraph::new(lines), area);
}

/// At most so many characters, with a mark if some are missing.
fn cut(text: &str, width: usize) -> String {
    match text.chars().count() > width {
        true => text.chars().take(width.saturating_sub(1)).chain(['…']).collect(),
        false => text.to_owned(),
    }
}

/// Cells in their columns.
fn cells<'a>(columns: &[(&str, u16)], cells: impl Iterator<Item = &'a str>) -> String {
    let mut line = String::from(" ");
    for ((header, width), cell) in columns.iter().zip(cells) {
        let width = usize::from(*width).max(header.trim_start_matches('>').chars().count());
        let text = cut(cell, width);
        line.push_str(&match header.starts_with('>') {
            true => format!("{text:>width$} "),
            false => format!("{text:<width$} "),
        });
    }
    line
}

fn draw_help(frame: &mut Frame, area: Rect) {
    let (width, height) = (66.min(area.width), (HELP.len() as u16 + 2).min(area.height));
    let (x, y) = ((area.width - width) / 2, (area.height - height) / 2);
    let place = Rect { x, y, width, height };
    let lines: Vec<Line> = HELP.iter().map(|text| Line::from(format!(" {text}"))).collect();
    frame.render_widget(Clear, place);
    frame.render_widget(Paragraph::new(lines).block(Block::bordered().title(" Help ")), place);
}

/// Without colour the tones differ by weight alone; the words say the same.
fn style(colour: bool, tone: Tone) -> Style {
    let plain = Style::new();
    match tone {
        Tone::Plain => plain,
        Tone::Quiet => plain.add_modifier(Modifier::DIM),
        Tone::Strong => plain.add_modifier(Modifier::BOLD),
        Tone::Caution if colour => plain.fg(Color::Indexed(39)).add_modifier(Modifier::BOLD),
        Tone::Caution => plain.add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
        Tone::Warning if colour => plain.fg(Color::Indexed(208)).add_modifier(Modifier::BOLD),
        Tone::Warning => plain.add_modifier(Modifier::BOLD | Modifier::REVERSED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundled;
    use deconflict_engine::EngineConfig;
    use deconflict_sim::Scenario;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    fn picture(width: u16, height: u16, seconds: u32, screen: &mut Screen) -> String {
        let text = bundled::scenario("crossing").unwrap();
        let mut show = Show::new(&Scenario::parse(text).unwrap(), EngineConfig::default(), None);
        let mut events = Vec::new();
        (0..seconds).for_each(|_| show.step(&mut events));
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(frame, &show, screen)).unwrap();
        terminal.backend().to_string()
    }

    #[test]
    fn an_80_by_24_terminal_shows_alerts_tracks_and_feeds() {
        let mut screen = Screen::new(20.0, true);
        let seen = picture(80, 24, 290, &mut screen);
        for wanted in
            ["Alerts (1)", "IMMINENT", "Tracks (4)", "EAGLE1", "Feeds (1)", "live", "? help"]
        {
            assert!(seen.contains(wanted), "{wanted} is missing in\n{seen}");
        }
    }

    #[test]
    fn no_size_of_window_breaks_it() {
        for (width, height) in [(1, 1), (39, 50), (40, 10), (40, 11), (200, 12), (300, 90)] {
            let mut screen = Screen::new(20.0, false);
            screen.help = true;
            screen.scroll = [1000; 3];
            picture(width, height, 30, &mut screen);
        }
    }

    #[test]
    fn heights_fill_the_window() {
        for total in SMALLEST.1..100 {
            for (alerts, feeds) in [(0, 0), (3, 7), (500, 60)] {
                let heights = heights(total, alerts, feeds);
                assert_eq!(heights.iter().sum::<u16>(), total, "{total} {alerts} {feeds}");
            }
        }
    }
}
