//! The thread that works out what keeps the aircraft of alerts apart.
//!
//! It takes processor time, more of it the denser the traffic, and alerts must not wait for it.
//! So it is done beside the thread that owns the engine, with one batch under way at the most:
//! where advice takes longer than an evaluation, it comes less often, and alerts as ever. A batch that
//! ends in a panic costs itself and nothing after it.

use crate::metrics::Metrics;
use deconflict_picture::{Answers, Questions};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::time::Instant;

/// The way to the thread.
#[derive(Debug)]
pub struct Adviser {
    questions: mpsc::Sender<Questions>,
    is_busy: bool,
}

impl Adviser {
    /// Starts the thread. It ends when this is dropped, or `tell` answers false.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(
        metrics: Metrics,
        tell: impl Fn(Answers) -> bool + Send + 'static,
    ) -> std::io::Result<Adviser> {
        Adviser::start_with(metrics, Questions::answer, tell)
    }

    fn start_with(
        metrics: Metrics,
        answer: impl Fn(Questions) -> Answers + Send + 'static,
        tell: impl Fn(Answers) -> bool + Send + 'static,
    ) -> std::io::Result<Adviser> {
        let (questions, received) = mpsc::channel::<Questions>();
        let thread = std::thread::Builder::new().name("adviser".to_owned());
        thread.spawn(move || {
            for questions in received {
                let begun = Instant::now();
                let span = tracing::debug_span!("advice", alerts = questions.alerts());
                let unanswered = questions.unanswered();
                // What is asked is plain data and gone afterwards: nothing is left half changed.
                let work = AssertUnwindSafe(|| span.in_scope(|| answer(questions)));
                let answers = catch_unwind(work).unwrap_or_else(|fault| {
                    let what = crate::problem::panic_text(&*fault);
                    tracing::error!(what, alerts = unanswered.alerts(), "advice ended in a panic");
                    metrics.advice_panics.inc();
                    unanswered
                });
                metrics.advised(begun.elapsed().as_secs_f64());
                if !tell(answers) {
                    return;
                }
            }
        })?;
        Ok(Adviser { questions, is_busy: false })
    }

    /// Has something worked out, unless it is still busy: then nothing is asked.
    pub fn ask(&mut self, questions: impl FnOnce() -> Option<Questions>) {
        if !self.is_busy
            && let Some(questions) = questions()
        {
            self.is_busy = self.questions.send(questions).is_ok();
        }
    }

    /// The answers have come.
    pub fn has_answered(&mut self) {
        self.is_busy = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deconflict_core::units::mps_from_kt;
    use deconflict_core::{Address, GeoPoint, Report, Technique, Time};
    use deconflict_picture::{Live, Setup};
    use std::f64::consts::FRAC_PI_2;
    use std::time::Duration;

    /// A picture in which two have just been called.
    fn called() -> Live {
        let start = Time::from_millis(1_513_152_000_000);
        let setup = Setup {
            run: "test".to_owned(),
            name: "test".to_owned(),
            rules: "[[rule]]\nname = \"all\"\nhorizontal_nm = 5\nvertical_ft = 1000\n".to_owned(),
            feeds: Vec::new(),
            registry: Vec::new(),
            aerodromes: Vec::new(),
            period_s: 1.0,
            speed: 1.0,
        };
        let mut live = Live::new(setup, start, 1).unwrap();
        let west = GeoPoint::from_deg(35.0, 40.0).unwrap();
        for second in 1..60 {
            let (time, t_s) = (start.plus_s(f64::from(second)), f64::from(second));
            let report = |number: u32, from_m: f64, mps: f64| Report {
                received: time,
                position: Some(west.destination(FRAC_PI_2, from_m + mps * t_s)),
                pressure_altitude_m: Some(9000.0),
                ground_speed_mps: Some(mps.abs()),
                track_rad: Some(mps.signum() * FRAC_PI_2),
                vertical_rate_mps: Some(0.0),
                ..Report::new(0, Address::icao(number), Technique::AdsB, time)
            };
            let mps = mps_from_kt(400.0);
            live.push(&[report(1, 0.0, mps), report(2, 50_000.0, -mps)]);
            live.advance(time.plus_s(0.2));
            live.step();
            if live.engine().alerts().alerts().next().is_some() {
                return live;
            }
        }
        panic!("nothing was called");
    }

    /// SRV-5: however long advice takes, whoever asks goes on at once, and asks for no more.
    #[test]
    fn nobody_waits_for_advice() {
        let (go_on, wait) = mpsc::channel::<()>();
        let (tell, told) = mpsc::channel();
        let mut adviser = Adviser::start(Metrics::default(), move |answers| {
            // As if it took for ever, until it may go on.
            wait.recv().is_ok() && tell.send(answers).is_ok()
        })
        .unwrap();
        let mut live = called();
        adviser.ask(|| live.questions(8));
        adviser.ask(|| panic!("asked for more while it is busy"));
        assert!(told.try_recv().is_err());
        go_on.send(()).unwrap();
        let answers = told.recv_timeout(Duration::from_secs(60)).unwrap();
        adviser.has_answered();
        live.answered(answers);
        let step = live.step().unwrap();
        assert!(step.advised[0].advice.is_some() && !step.evaluated);
        let mut is_asked = false;
        adviser.ask(|| {
            is_asked = true;
            None
        });
        assert!(is_asked, "it is free again");
    }
    /// SRV-6: a batch that ends in a panic is told as unanswered, and the next one is answered.
    #[test]
    fn a_panic_costs_one_batch() {
        let (tell, told) = mpsc::channel();
        let metrics = Metrics::default();
        let first = std::sync::atomic::AtomicBool::new(true);
        let answer = move |questions: Questions| {
            assert!(!first.swap(false, std::sync::atomic::Ordering::Relaxed), "this is a test");
            questions.answer()
        };
        let tell = move |answers| tell.send(answers).is_ok();
        let mut adviser = Adviser::start_with(metrics.clone(), answer, tell).unwrap();
        let mut live = called();
        // As if there were advice from before.
        let questions = live.questions(8).unwrap();
        live.answered(questions.clone().answer());
        assert!(live.step().unwrap().advised[0].advice.is_some());
        let mut advice = || {
            adviser.ask(|| Some(questions.clone()));
            let answers = told.recv_timeout(Duration::from_secs(60)).unwrap();
            adviser.has_answered();
            live.answered(answers);
            live.step().unwrap().advised[0].advice.clone()
        };
        assert!(advice().is_none(), "what is old is taken back");
        assert!(advice().is_some());
        assert_eq!(metrics.advice_panics.get(), 1);
    }
}
