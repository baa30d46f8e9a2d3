//! All that the stand-in knows, and the order of things at a request: log, fault, answer.

use std::fmt;
use std::sync::{Mutex, MutexGuard};

use super::access::Rights;
use super::answer::Answer;
use super::faults::{Fault, Kind, Trigger};
use super::release::Release;
use super::repository::Repository;
use super::request::Request;
use super::{latest, routes};

/// A request that has arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Such as `GET`.
    pub method: String,
    /// With its query, as it was sent.
    pub path: String,
    /// What it was answered with; none where it was not, or not yet.
    pub status: Option<u16>,
}

impl fmt::Display for Seen {
    /// `GET /repos/unkeyed/unkey 200`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} ", self.method, self.path)?;
        match self.status {
            Some(status) => write!(formatter, "{status}"),
            None => formatter.write_str("-"),
        }
    }
}

/// Everything.
pub(super) struct State {
    pub(super) address: String,
    pub(super) repositories: Vec<Repository>,
    pub(super) tokens: Vec<(String, Rights)>,
    pub(super) log: Vec<Seen>,
    orders: Vec<(Trigger, Fault)>,
    last_id: u64,
}

/// The state, for as long as nobody else needs it.
pub(super) fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().expect("no request has failed inside the stand-in")
}

/// Answers a request; nothing where the connection is to end.
pub(super) fn handle(state: &Mutex<State>, request: &Request) -> Option<Answer> {
    let (number, fault) = lock(state).arrive(request);
    // Not under the lock: what a test does then may be to look or to add a release.
    let answer = match fault.map(|fault| fault.0) {
        None => Some(routes::answer(&mut lock(state), request)),
        Some(Kind::Answer(answer)) => Some(answer),
        Some(Kind::Close) => None,
        Some(Kind::LoseAnswer) => {
            routes::answer(&mut lock(state), request);
            None
        }
        Some(Kind::Call(action)) => {
            action();
            Some(routes::answer(&mut lock(state), request))
        }
    };
    lock(state).log[number - 1].status = answer.as_ref().map(|answer| answer.status);
    answer
}

impl State {
    pub(super) fn new(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            repositories: Vec::new(),
            tokens: Vec::new(),
            log: Vec::new(),
            orders: Vec::new(),
            last_id: 0,
        }
    }

    /// A number that nothing else has.
    pub(super) fn new_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    pub(super) fn add_repository(&mut self, mut repository: Repository) {
        if let Some(known) = self.repositories.iter_mut().find(|known| known.is_called(&repository.name)) {
            repository.id = known.id;
            repository.releases = std::mem::take(&mut known.releases);
            repository.marked_latest = known.marked_latest;
            *known = repository;
        } else {
            repository.id = self.new_id();
            self.repositories.push(repository);
        }
    }

    pub(super) fn grant(&mut self, token: &str, rights: Rights) {
        self.tokens.retain(|(known, _)| known != token);
        self.tokens.push((token.to_owned(), rights));
    }

    pub(super) fn add_release(&mut self, repository: &str, mut release: Release) -> u64 {
        let id = self.new_id();
        release.id = id;
        let repository = self.known_repository(repository);
        release.immutable = !release.draft && repository.immutable_releases;
        let (is_published, wish) = (!release.draft, release.make_latest.clone());
        repository.releases.push(release);
        latest::mark(repository, id, wish.as_deref(), is_published);
        id
    }

    pub(super) fn order(&mut self, trigger: Trigger, fault: Fault) {
        self.orders.push((trigger, fault));
    }

    /// A repository that the test has added.
    pub(super) fn known_repository(&mut self, name: &str) -> &mut Repository {
        let found = self.repositories.iter_mut().find(|repository| repository.is_called(name));
        found.unwrap_or_else(|| panic!("there is no repository {name}"))
    }

    /// Writes a request down; its number, and the fault that is due.
    fn arrive(&mut self, request: &Request) -> (usize, Option<Fault>) {
        let mut path = request.target.clone();
        for (token, _) in &self.tokens {
            path = path.replace(token.as_str(), "***");
        }
        self.log.push(Seen { method: request.method.clone(), path, status: None });
        let number = self.log.len();
        let due = self.orders.iter().position(|(trigger, _)| trigger.is_due(request, number));
        (number, due.map(|position| self.orders.remove(position).1))
    }
}
