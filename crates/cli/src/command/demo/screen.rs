//! The terminal: keys in, time along, frames out.

use super::draw;
use super::show::Show;
use super::view::clock;
use crate::failure::Outcome;
use crate::style::{Style, no_color};
use crate::tell;
use deconflict_engine::Event as EngineEvent;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Time between frames.
const FRAME: Duration = Duration::from_millis(100);
/// The longest that simulated time may be worked on between two frames.
const WORK: Duration = Duration::from_millis(80);
/// Messages kept for the screen.
const MESSAGES: usize = 200;
/// Bounds of the speed.
const SPEED: std::ops::RangeInclusive<f64> = 1.0..=2000.0;

/// Which table the arrows move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    Alerts,
    Tracks,
    Feeds,
}

/// Everything that is not the picture itself.
pub struct Screen {
    pub colour: bool,
    pub speed: f64,
    pub paused: bool,
    pub help: bool,
    pub focus: Focus,
    /// How many rows each table is scrolled: alerts, tracks, feeds.
    pub scroll: [usize; 3],
    /// How many rows of each table fitted into the last frame, and how many there were.
    pub fitted: [(usize, usize); 3],
    /// The latest messages, newest first.
    pub messages: VecDeque<String>,
    /// Simulated seconds that are due and not yet worked on.
    due_s: f64,
}

impl Screen {
    pub fn new(speed: f64, colour: bool) -> Screen {
        Screen {
            colour,
            speed: speed.clamp(*SPEED.start(), *SPEED.end()),
            paused: false,
            help: false,
            focus: Focus::Tracks,
            scroll: [0; 3],
            fitted: [(0, 0); 3],
            messages: VecDeque::new(),
            due_s: 0.0,
        }
    }

    /// Takes in a key. Returns whether to end.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        let page = self.fitted[self.focus as usize].0.max(1) as isize;
        match key.code {
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => return true,
            KeyCode::Char('q') => return true,
            KeyCode::Esc if self.help => self.help = false,
            KeyCode::Esc => return true,
            KeyCode::Char('?' | 'h') | KeyCode::F(1) => self.help = !self.help,
            KeyCode::Char(' ') => self.paused = !self.paused,
            KeyCode::Char('+' | '=') => self.speed = (self.speed * 2.0).min(*SPEED.end()),
            KeyCode::Char('-' | '_') => self.speed = (self.speed / 2.0).max(*SPEED.start()),
            KeyCode::Tab => self.focus = self.focus.next(),
            KeyCode::BackTab => self.focus = self.focus.next().next(),
            KeyCode::Down | KeyCode::Char('j') => self.scroll_by(1),
            KeyCode::Up | KeyCode::Char('k') => self.scroll_by(-1),
            KeyCode::PageDown => self.scroll_by(page),
            KeyCode::PageUp => self.scroll_by(-page),
            KeyCode::Home => self.scroll[self.focus as usize] = 0,
            KeyCode::End => self.scroll_by(isize::MAX),
            _ => {}
        }
        false
    }

    fn scroll_by(&mut self, rows: isize) {
        let (fitted, all) = self.fitted[self.focus as usize];
        let at = &mut self.scroll[self.focus as usize];
        *at = at.saturating_add_signed(rows).min(all.saturating_sub(fitted));
    }

    /// Lets simulated time follow the wall clock.
    fn advance(&mut self, show: &mut Show, elapsed: Duration) {
        if self.paused {
            return;
        }
        self.due_s += elapsed.as_secs_f64() * self.speed;
        let (began, mut events) = (Instant::now(), Vec::new());
        while self.due_s >= 1.0 && !show.is_over() {
            show.step(&mut events);
            show.said.clear();
            self.due_s -= 1.0;
            if began.elapsed() > WORK {
                // Too much to ask of this machine: rather slower than frozen.
                self.due_s = 0.0;
            }
        }
        if show.is_over() {
            self.due_s = 0.0;
        }
        self.remember(&events, show);
    }

    fn remember(&mut self, events: &[EngineEvent], show: &Show) {
        for event in events {
            // The drawing colours whole lines; the text itself stays plain.
            if let Some(line) = tell::text(event, &show.feed_names, Style::PLAIN) {
                let rest = line.split_once("  ").map_or(line.as_str(), |(_, rest)| rest);
                self.messages.push_front(format!("{}  {rest}", clock(event.time())));
            }
        }
        self.messages.truncate(MESSAGES);
    }
}

impl Focus {
    fn next(self) -> Focus {
        match self {
            Focus::Alerts => Focus::Tracks,
            Focus::Tracks => Focus::Feeds,
            Focus::Feeds => Focus::Alerts,
        }
    }
}

/// Shows the scenario until somebody has seen enough.
pub fn run(show: &mut Show, speed: f64) -> Outcome<()> {
    let mut screen = Screen::new(speed, !no_color());
    // Also restores the terminal if something panics.
    let mut terminal = ratatui::try_init()?;
    let shown = watch(show, &mut screen, &mut terminal);
    ratatui::restore();
    shown?;
    Ok(())
}

fn watch(
    show: &mut Show,
    screen: &mut Screen,
    terminal: &mut ratatui::DefaultTerminal,
) -> std::io::Result<()> {
    let mut last = Instant::now();
    loop {
        let elapsed = last.elapsed();
        last = Instant::now();
        screen.advance(show, elapsed);
        terminal.draw(|frame| draw::draw(frame, show, screen))?;
        let deadline = last + FRAME;
        // All keys that come within the frame; a held key must not queue up.
        while event::poll(deadline.saturating_duration_since(Instant::now()))? {
            match event::read()? {
                Event::Key(key) if key.kind != KeyEventKind::Release => {
                    if screen.key(key) {
                        return Ok(());
                    }
                    break;
                }
                Event::Resize(..) => break,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(screen: &mut Screen, code: KeyCode) -> bool {
        screen.key(KeyEvent::new(code, KeyModifiers::NONE))
    }

    #[test]
    fn keys_do_what_the_help_says() {
        let mut screen = Screen::new(20.0, true);
        screen.fitted = [(5, 3), (5, 12), (3, 7)];
        press(&mut screen, KeyCode::Char('+'));
        assert_eq!(screen.speed, 40.0);
        (0..20).for_each(|_| assert!(!press(&mut screen, KeyCode::Char('-'))));
        assert_eq!(screen.speed, 1.0);
        press(&mut screen, KeyCode::Char(' '));
        assert!(screen.paused);
        press(&mut screen, KeyCode::PageDown);
        press(&mut screen, KeyCode::Down);
        assert_eq!(screen.scroll, [0, 6, 0]);
        press(&mut screen, KeyCode::End);
        assert_eq!(screen.scroll, [0, 7, 0]);
        press(&mut screen, KeyCode::Tab);
        press(&mut screen, KeyCode::Down);
        assert_eq!(screen.scroll, [0, 7, 1]);
        press(&mut screen, KeyCode::Char('?'));
        assert!(screen.help);
        assert!(!press(&mut screen, KeyCode::Esc), "closes the help first");
        assert!(!screen.help);
        assert!(press(&mut screen, KeyCode::Char('q')));
    }
}
