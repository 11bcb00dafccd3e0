//! The van's page beside a drive: shows what the screen's state holds, and asks what its users wish.

#[cfg(feature = "view")]
mod documents;

#[cfg(feature = "view")]
pub use with_view::Page;
#[cfg(not(feature = "view"))]
pub use without_view::Page;

#[cfg(feature = "view")]
mod with_view {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering},
        },
        thread::{self, JoinHandle},
        time::Duration,
    };

    use anyhow::{Context, Result};

    use super::{super::screen::Feed, documents::Shown};
    use crate::{
        config::ViewSettings,
        console,
        tui::{Command, Subscriber, state::ScreenInvitation},
    };
    use cellwarden_view::{View, Wish};

    /// Longest wait for a snapshot before it is looked whether somebody wishes something.
    const LOOK: Duration = Duration::from_millis(100);

    /// The page, served until this is dropped.
    pub struct Page {
        view: Arc<View>,
        is_for_this_host: bool,
        stop: Arc<AtomicBool>,
        thread: Option<JoinHandle<()>>,
    }

    impl Page {
        /// Serves what comes to the subscriber.
        ///
        /// # Errors
        /// Where the page cannot be served.
        pub fn serve(settings: &ViewSettings, subscriber: Subscriber) -> Result<Self> {
            let view = Arc::new(View::serve(settings.address, &settings.folder)?);
            let stop = Arc::new(AtomicBool::new(false));
            let (shown, ended) = (Arc::clone(&view), Arc::clone(&stop));
            let show = move || show(&shown, &subscriber, &ended);
            let thread = thread::Builder::new().name("van".to_owned()).spawn(show).context("no thread for --view")?;
            Ok(Self { view, is_for_this_host: settings.address.ip().is_loopback(), stop, thread: Some(thread) })
        }

        /// Tells how a browser comes to the page: on the screen, or on standard error.
        pub fn invite(&self, feed: &mut Feed, on_screen: bool) {
            let invitation = self.view.invitation();
            let mut lines = vec![invitation.url.clone()];
            lines.extend(invitation.code.iter().map(|code| format!("pairing code {code}")));
            if let Some(fingerprint) = &invitation.fingerprint {
                // In lines that stand beside a QR code.
                let pairs: Vec<&str> = fingerprint.split(':').collect();
                let eights: Vec<String> = pairs.chunks(8).map(|eight| eight.join(":")).collect();
                lines.push(format!("certificate's SHA-256 {}", eights.join(" ")));
            }
            if on_screen {
                let mut qr = invitation.qr.clone();
                if self.is_for_this_host {
                    // No other device comes to this address.
                    qr.clear();
                    lines.push("this host only; for a tablet use --view 0.0.0.0:8443".to_owned());
                }
                feed.invite(ScreenInvitation { qr, lines });
            } else {
                console::write_error_line(format!("the van's page: {}", lines.join(", ")));
            }
        }
    }

    impl Drop for Page {
        fn drop(&mut self) {
            self.stop.store(true, Ordering::Relaxed);
            if let Some(thread) = self.thread.take() {
                // Its panic was told when it happened.
                let _ = thread.join();
            }
        }
    }

    fn show(view: &View, subscriber: &Subscriber, stop: &AtomicBool) {
        let mut shown = Shown::default();
        while !stop.load(Ordering::Relaxed) {
            match subscriber.newest(LOOK) {
                Ok(Some(snapshot)) => view.change(|documents| shown.show(&snapshot, documents)),
                Ok(None) => {}
                // Nothing new comes; what was shown stays until all is over.
                Err(_) => thread::sleep(LOOK),
            }
            for wish in view.wishes().try_iter() {
                if let Some(command) = command_of(wish, &shown) {
                    subscriber.ask(command);
                }
            }
        }
    }

    /// What a wish asks of the engine; `None` where its cell is not shown any more.
    fn command_of(wish: Wish, shown: &Shown) -> Option<Command> {
        Some(match wish {
            Wish::Acknowledge { id, seen } => Command::Acknowledge { id, seen },
            Wish::Note { id, text } => Command::Note { id, text },
            Wish::Home { cell: Some(key) } => Command::Home(Some(shown.cell(&key)?.clone())),
            Wish::Home { cell: None } => Command::Home(None),
            Wish::Pause => Command::Pause,
        })
    }
}

#[cfg(not(feature = "view"))]
mod without_view {
    use anyhow::{Result, bail};

    use super::super::screen::Feed;
    use crate::{config::ViewSettings, tui::Subscriber};

    /// No page.
    pub struct Page;

    impl Page {
        /// Says that there is none.
        ///
        /// # Errors
        /// Always.
        pub fn serve(_: &ViewSettings, _: Subscriber) -> Result<Self> {
            bail!("--view: this program was built without the van's page; build it with --features view")
        }

        /// Tells nothing.
        pub fn invite(&self, _: &mut Feed, _: bool) {}
    }
}
