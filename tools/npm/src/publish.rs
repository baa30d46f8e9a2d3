//! Brings packages to the registry, in the order in which they are given, and asks it each time what is there: a run that was cut
//! off is finished by the next one.

use std::thread;
use std::time::{Duration, Instant};

use terminal::progress::Progress;

use crate::client::{Npm, Published};
use crate::error::{Difference, Error};
use crate::failure::Failure;
use crate::pack::Package;
use crate::tags;

/// How often somebody who waits looks whether they should go on.
const GLANCE: Duration = Duration::from_millis(100);

/// How packages are published.
#[derive(Clone, Debug)]
pub struct Options {
    /// Look everything up, and publish nothing.
    pub dry_run: bool,
    /// Have npm prove where the packages come from: only where `environment::has_identity`.
    pub provenance: bool,
    /// How long to wait before each further attempt, where the registry is in trouble. npm itself tries a request three times.
    pub pauses: Vec<Duration>,
}

impl Default for Options {
    fn default() -> Self {
        Self { dry_run: false, provenance: false, pauses: [2, 10].map(Duration::from_secs).to_vec() }
    }
}

/// What came of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// `NAME@VERSION`.
    pub id: String,
    /// What was done.
    pub state: State,
}

/// What was done with a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It was published.
    Published {
        /// Its dist-tag.
        tag: &'static str,
    },
    /// The registry had these bytes already.
    AlreadyThere,
    /// It would be published, had this not been a dry run.
    Missing {
        /// The dist-tag that it would get.
        tag: &'static str,
    },
}

/// Publishes what is missing of `packages`, in their order. `go_on` is asked before each step.
///
/// Nothing is published before all of them were looked up, and nothing at all where the registry has one of them with other bytes.
///
/// # Errors
/// When a version is there with other bytes, npm cannot look up or publish a package, or `go_on` said no. What is published until
/// then stays, and the next run goes on from there.
pub fn publish(
    npm: &Npm,
    packages: &[Package],
    options: &Options,
    progress: &dyn Progress,
    go_on: &dyn Fn() -> bool,
) -> Result<Vec<Outcome>, Error> {
    let publisher = Publisher { npm, options, progress, go_on };
    let are_there = publisher.look_up(packages)?;
    let outcomes = packages.iter().zip(are_there).map(|(package, is_there)| {
        let state =
            if is_there { publisher.done(package, "is published already") } else { publisher.bring(package)? };
        Ok(Outcome { id: package.id(), state })
    });
    outcomes.collect()
}

struct Publisher<'a> {
    npm: &'a Npm,
    options: &'a Options,
    progress: &'a dyn Progress,
    go_on: &'a dyn Fn() -> bool,
}

impl Publisher<'_> {
    /// Which of the packages are there.
    fn look_up(&self, packages: &[Package]) -> Result<Vec<bool>, Error> {
        let (mut are_there, mut differences) = (Vec::new(), Vec::new());
        for package in packages {
            match self.is_there(package) {
                Ok(is_there) => are_there.push(is_there),
                // All of them are told.
                Err(Error::Differences { differences: found }) => differences.extend(found),
                Err(error) => return Err(error),
            }
        }
        if differences.is_empty() { Ok(are_there) } else { Err(Error::Differences { differences }) }
    }

    fn bring(&self, package: &Package) -> Result<State, Error> {
        self.check()?;
        let mut pauses = self.options.pauses.iter();
        loop {
            // As late as can be, and for each attempt: another release may have moved it meanwhile.
            let tag = tags::choose(&package.release, &self.npm.tags(&package.name)?);
            if self.options.dry_run {
                self.note(package, &format!("would be published as `{tag}`"));
                return Ok(State::Missing { tag });
            }
            self.check()?;
            self.note(package, &format!("publishing as `{tag}`"));
            let failure = match self.npm.publish(package, tag, self.options.provenance) {
                Ok(()) => {
                    self.note(package, "published");
                    return Ok(State::Published { tag });
                }
                Err(Error::Publish { source, .. }) => source,
                Err(error) => return Err(error),
            };
            // The answer may have been lost on its way, and somebody else may have published the same.
            if self.has_arrived(package)? {
                return Ok(self.done(package, "is there all the same"));
            }
            let pause = pauses.next().filter(|_| failure.is_passing());
            let Some(pause) = pause else { return Err(Error::Publish { id: package.id(), source: failure }) };
            self.wait(package, &failure, *pause)?;
        }
    }

    /// Whether a package is there that could not be published. A registry that cannot tell has failed at the other already.
    fn has_arrived(&self, package: &Package) -> Result<bool, Error> {
        match self.is_there(package) {
            Err(Error::LookUp { .. } | Error::Answer { .. }) => Ok(false),
            known => known,
        }
    }

    fn is_there(&self, package: &Package) -> Result<bool, Error> {
        self.check()?;
        match self.npm.find(&package.name, &package.version)? {
            None => Ok(false),
            Some(Published { integrity }) if integrity == package.integrity => Ok(true),
            Some(Published { integrity }) => {
                let difference = Difference { id: package.id(), published: integrity, own: package.integrity.clone() };
                Err(Error::Differences { differences: vec![difference] })
            }
        }
    }

    fn wait(&self, package: &Package, failure: &Failure, pause: Duration) -> Result<(), Error> {
        self.note(package, &format!("{failure}; trying again in {} s", pause.as_secs()));
        let end = Instant::now() + pause;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            self.check()?;
            thread::sleep(left.min(GLANCE));
        }
        Ok(())
    }

    fn done(&self, package: &Package, how: &str) -> State {
        self.note(package, how);
        State::AlreadyThere
    }

    fn note(&self, package: &Package, what: &str) {
        self.progress.note(&format!("{}: {what}", package.id()));
    }

    fn check(&self) -> Result<(), Error> {
        if (self.go_on)() { Ok(()) } else { Err(Error::Interrupted) }
    }
}
