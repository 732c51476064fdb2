//! A line on standard error while somebody waits: for what, and for how long. It comes after half a second, and is gone when there is
//! an answer.

use crate::client::operation::Sleeper;
use crate::environment::Environment;
use crate::output::text::printable_line;
use crate::secret::Secret;
use crate::transport::{BoxFuture, Transport, TransportError};
use bytes::Bytes;
use http::{Request, Response};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

/// How often the line moves.
const TICK: Duration = Duration::from_millis(100);
/// How long nothing is said: an answer that comes sooner needs no excuse.
const PATIENCE: Duration = Duration::from_millis(500);

/// What a person sees of the waits of one command.
pub struct Progress<'a> {
    line: ProgressBar,
    sleeper: &'a dyn Sleeper,
    /// How often the line would have moved, over all waits so far.
    ticks: AtomicU32,
    /// Whether a wait counts them now: of several at the same time, one does.
    is_counted: AtomicBool,
    /// Whether the line says how far something is. The waits within it say nothing of their own then.
    is_told: AtomicBool,
}

impl<'a> Progress<'a> {
    /// For whoever sits at both standard output and standard error; nobody watches a pipe.
    pub fn new(environment: &Environment, sleeper: &'a dyn Sleeper) -> Self {
        let is_watched = is_watched(environment);
        Self::drawn_on(if is_watched { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() }, sleeper)
    }

    /// For nobody.
    pub fn hidden(sleeper: &'a dyn Sleeper) -> Self {
        Self::drawn_on(ProgressDrawTarget::hidden(), sleeper)
    }

    fn drawn_on(target: ProgressDrawTarget, sleeper: &'a dyn Sleeper) -> Self {
        let line = ProgressBar::with_draw_target(None, target);
        // Without colours, whatever the terminal can do.
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            line.set_style(style);
        }
        let [is_counted, is_told] = [const { AtomicBool::new(false) }; 2];
        Self { line, sleeper, ticks: AtomicU32::new(0), is_counted, is_told }
    }

    /// Waits for `future`, and shows `what` meanwhile, such as `Waiting for https://management.azure.com`.
    pub async fn during<T>(&self, what: &str, future: impl Future<Output = T>) -> T {
        if self.line.is_hidden() {
            return future.await;
        }
        let mut future = pin!(future);
        loop {
            let counts = !self.is_counted.swap(true, Ordering::Relaxed);
            let outcome = tokio::select! {
                biased;
                outcome = &mut future => Some(outcome),
                () = self.sleeper.sleep(TICK) => None,
            };
            if counts {
                self.is_counted.store(false, Ordering::Relaxed);
            }
            match outcome {
                Some(outcome) => {
                    if !self.is_told.load(Ordering::Relaxed) {
                        // Whatever is written next begins on a clean line.
                        self.line.finish_and_clear();
                    }
                    return outcome;
                }
                None if counts => self.tick(what),
                None => {}
            }
        }
    }

    /// Says how far something is that takes many steps; gone with [`Progress::clear`].
    pub fn tell(&self, what: &str) {
        if self.line.is_hidden() {
            return;
        }
        self.is_told.store(true, Ordering::Relaxed);
        self.line.set_message(printable_line(what));
        if self.line.is_finished() { self.line.reset() } else { self.line.tick() }
    }

    /// Whatever is written next begins on a clean line.
    pub fn clear(&self) {
        self.is_told.store(false, Ordering::Relaxed);
        self.line.finish_and_clear();
    }

    fn tick(&self, what: &str) {
        let waited = TICK * (self.ticks.fetch_add(1, Ordering::Relaxed) + 1);
        if self.is_told.load(Ordering::Relaxed) {
            self.line.tick();
            return;
        }
        if waited < PATIENCE {
            return;
        }
        self.line.set_message(format!("{} ({} s)", printable_line(what), waited.as_secs()));
        if self.line.is_finished() { self.line.reset() } else { self.line.tick() }
    }
}

/// Whether somebody sits at both outputs, at a terminal that can take a line back.
fn is_watched(environment: &Environment) -> bool {
    environment.stdout_is_terminal && environment.stderr_is_terminal && !environment.variables.is_dumb_terminal()
}

/// Pauses are waits as well: between two looks at a long-running operation, before a request is tried again, for a person who enters a
/// code.
impl Sleeper for Progress<'_> {
    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        Box::pin(self.during("Waiting", self.sleeper.sleep(duration)))
    }
}

/// A transport whose answers are waited for with [`Progress`].
pub struct Watched<'a> {
    inner: &'a dyn Transport,
    progress: &'a Progress<'a>,
}

impl<'a> Watched<'a> {
    /// Around `inner`.
    pub fn new(inner: &'a dyn Transport, progress: &'a Progress<'a>) -> Self {
        Self { inner, progress }
    }
}

impl Transport for Watched<'_> {
    fn send<'a>(&'a self, request: Request<Bytes>) -> BoxFuture<'a, Result<Response<Bytes>, TransportError>> {
        Box::pin(async move {
            let what = format!("Waiting for {}", self.inner.endpoint());
            self.progress.during(&what, self.inner.send(request)).await
        })
    }

    fn endpoint(&self) -> String {
        self.inner.endpoint()
    }

    fn login_server_domain(&self) -> Option<&str> {
        self.inner.login_server_domain()
    }

    fn send_to_registry<'a>(
        &'a self,
        login_server: &'a str,
        request: Request<Bytes>,
    ) -> BoxFuture<'a, Result<Response<Bytes>, TransportError>> {
        Box::pin(async move {
            let what = format!("Waiting for {login_server}");
            self.progress.during(&what, self.inner.send_to_registry(login_server, request)).await
        })
    }

    fn management_bearer(&self) -> BoxFuture<'_, Result<Option<Secret>, TransportError>> {
        Box::pin(self.progress.during("Signing in", self.inner.management_bearer()))
    }

    fn is_at_azure(&self) -> bool {
        self.inner.is_at_azure()
    }

    fn login_said(&self) -> Option<String> {
        self.inner.login_said()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{FakeSleeper, FakeTransport, drive, exchange};
    use crate::environment::Variables;
    use indicatif::TermLike;
    use rstest::rstest;
    use serde_json::Value;
    use std::io;
    use std::sync::{Arc, Mutex};
    use std::task::Poll;

    /// A terminal that keeps what is on its one line, and every line that there was.
    #[derive(Debug, Clone, Default)]
    struct Screen(Arc<Mutex<(String, Vec<String>)>>);

    impl Screen {
        fn line(&self) -> String {
            self.0.lock().unwrap().0.clone()
        }

        fn seen(&self) -> Vec<String> {
            self.0.lock().unwrap().1.clone()
        }

        fn put(&self, text: &str) {
            let (line, seen) = &mut *self.0.lock().unwrap();
            *line = text.trim_end().to_owned();
            seen.push(line.clone());
        }
    }

    impl TermLike for Screen {
        fn width(&self) -> u16 {
            80
        }

        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(text)
        }

        fn write_str(&self, text: &str) -> io::Result<()> {
            if !text.trim().is_empty() {
                self.put(text);
            }
            Ok(())
        }

        fn clear_line(&self) -> io::Result<()> {
            self.put("");
            Ok(())
        }

        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Is there after it was looked at so often; between two looks, the fake sleeper lets a tick pass.
    fn after(looks: u32) -> impl Future<Output = u32> {
        let mut seen = 0;
        std::future::poll_fn(move |_| {
            seen += 1;
            if seen > looks { Poll::Ready(looks) } else { Poll::Pending }
        })
    }

    fn on(screen: &Screen, sleeper: &FakeSleeper, wait: impl AsyncFnOnce(&Progress<'_>)) {
        let progress = Progress::drawn_on(ProgressDrawTarget::term_like(Box::new(screen.clone())), sleeper);
        drive(wait(&progress));
    }

    #[test]
    fn a_short_wait_shows_nothing() {
        let (screen, sleeper) = (Screen::default(), FakeSleeper::default());
        on(&screen, &sleeper, async |progress| assert_eq!(progress.during("Waiting", after(4)).await, 4));
        assert!(screen.seen().iter().all(String::is_empty), "{:?}", screen.seen());
    }

    #[test]
    fn a_long_wait_is_shown_with_its_time_and_gone_when_done() {
        let (screen, sleeper) = (Screen::default(), FakeSleeper::default());
        on(&screen, &sleeper, async |progress| {
            progress.during("Waiting for https://a", after(21)).await;
            assert_eq!(screen.line(), "");
            // The next wait is part of the same one, and is shown at once.
            progress.sleep(Duration::ZERO).await;
            progress.during("Signing in", after(9)).await;
        });
        let seen = screen.seen();
        for expected in ["Waiting for https://a (0 s)", "Waiting for https://a (2 s)", "Signing in (3 s)"] {
            assert!(seen.iter().any(|line| line.ends_with(expected)), "{expected}: {seen:?}");
        }
        assert!(!seen.iter().any(|line| line.contains('\u{1b}')), "{seen:?}");
        assert_eq!(screen.line(), "");
    }

    #[test]
    fn what_is_told_is_shown_until_it_is_cleared() {
        let (screen, sleeper) = (Screen::default(), FakeSleeper::default());
        on(&screen, &sleeper, async |progress| {
            for _ in 0..2 {
                progress.tell("Looking at\u{1b}[2J links");
                assert!(screen.line().ends_with("Looking at [2J links"), "{:?}", screen.line());
                progress.clear();
                assert_eq!(screen.line(), "");
            }
        });
    }

    #[test]
    fn the_waits_within_what_is_told_leave_it_there() {
        let (screen, sleeper) = (Screen::default(), FakeSleeper::default());
        on(&screen, &sleeper, async |progress| {
            progress.tell("Reading: 25 of 100");
            progress.during("Waiting for https://a", after(21)).await;
            assert!(screen.line().ends_with("Reading: 25 of 100"), "{:?}", screen.line());
            progress.clear();
            assert_eq!(screen.line(), "");
            progress.during("Waiting for https://b", after(9)).await;
        });
        let seen = screen.seen();
        assert!(!seen.iter().any(|line| line.contains("https://a")), "{seen:?}");
        assert!(seen.iter().any(|line| line.contains("https://b")), "{seen:?}");
    }

    /// Lets everybody else have a turn meanwhile.
    struct Turns;

    impl Sleeper for Turns {
        fn sleep(&self, _: Duration) -> BoxFuture<'_, ()> {
            Box::pin(tokio::task::yield_now())
        }
    }

    #[test]
    fn waits_at_the_same_time_count_once() {
        let screen = Screen::default();
        let progress = Progress::drawn_on(ProgressDrawTarget::term_like(Box::new(screen.clone())), &Turns);
        drive(async { tokio::join!(progress.during("Waiting", after(24)), progress.during("Waiting", after(24))) });
        let seen = screen.seen();
        assert!(seen.iter().any(|line| line.ends_with("Waiting (1 s)")), "{seen:?}");
        assert!(!seen.iter().any(|line| line.ends_with("Waiting (2 s)")), "{seen:?}");
    }

    #[test]
    fn a_service_that_names_itself_badly_moves_no_cursor() {
        let (screen, sleeper) = (Screen::default(), FakeSleeper::default());
        on(&screen, &sleeper, async |progress| {
            progress.during("Waiting for \u{1b}[2J", after(9)).await;
        });
        assert!(screen.seen().iter().any(|line| line.contains("Waiting for ")), "{:?}", screen.seen());
        assert!(!screen.seen().iter().any(|line| line.contains('\u{1b}')), "{:?}", screen.seen());
    }

    #[test]
    fn what_is_watched_is_sent_as_it_is() {
        let (screen, sleeper) = (Screen::default(), FakeSleeper::default());
        let transport = FakeTransport::new(vec![exchange("GET /x", 200, &Value::Null)]);
        on(&screen, &sleeper, async |progress| {
            let request = Request::get("/x").body(Bytes::new()).unwrap();
            assert_eq!(Watched::new(&transport, progress).send(request).await.unwrap().status(), 200);
        });
        assert_eq!(transport.left(), 0);
    }

    #[rstest]
    #[case(true, true, None, true)]
    #[case(true, true, Some("xterm"), true)]
    #[case(false, true, None, false)]
    #[case(true, false, None, false)]
    #[case(true, true, Some("dumb"), false)]
    fn somebody_sits_at_both_outputs(
        #[case] stdout: bool,
        #[case] stderr: bool,
        #[case] term: Option<&str>,
        #[case] expected: bool,
    ) {
        let variables = Variables { term: term.map(str::to_owned), ..Variables::default() };
        let environment =
            Environment { variables, stdout_is_terminal: stdout, stderr_is_terminal: stderr, ..Environment::default() };
        assert_eq!(is_watched(&environment), expected);
        assert!(expected || Progress::new(&environment, &FakeSleeper::default()).line.is_hidden());
    }
}
