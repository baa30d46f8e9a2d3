//! What krane keeps: one entry for each host, and the revision of all routes.
//!
//! Reports are kept on the disk like deployments: a start without them would send requests to upstreams that are known
//! to be down, and change the routes without a change.

use std::path::Path;

use runtime::store::redb::{ReadableTable, ReadableTableMetadata as _, TableDefinition, WriteTransaction};
use runtime::store::{decode, encode};
use runtime::{Domain, Health, HostPort, Store, StoreError, StoreProblem};
use serde::Serialize;
use uuid::Uuid;

use crate::deployment::{Deployment, Drift, Host, Report};

/// How many hosts there are at most. Bounds the answers, which hold all of them.
const MOST_HOSTS: u64 = 1000;

/// By host name, as JSON.
const HOSTS: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("hosts");

/// [`REVISION`] and [`ORIGIN`].
const NUMBERS: TableDefinition<'static, &str, u64> = TableDefinition::new("numbers");

/// Grows with each change of a route.
const REVISION: &str = "revision";

/// A random number for each store: the revisions of a new one do not pass for those of the one before.
const ORIGIN: &str = "origin";

/// The state of all hosts. A clone is the same state.
#[derive(Clone, Debug)]
pub(crate) struct State {
    store: Store,
}

/// Which routes these are: equal versions mean equal routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) origin: u64,
    pub(crate) revision: u64,
}

/// Where the requests for one host go.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Route {
    host: String,
    upstreams: Vec<HostPort>,
}

/// One host with what is to run there.
#[derive(Debug, Serialize)]
pub(crate) struct Named {
    pub(crate) host: String,
    #[serde(flatten)]
    pub(crate) deployment: Deployment,
}

/// There are as many hosts as there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there are `{MOST_HOSTS}` hosts already, delete one first")]
pub(crate) struct Full;

impl State {
    /// Opens what is kept in `folder`.
    pub(crate) fn open(folder: &Path, health: &Health) -> Result<Self, StoreError> {
        Ok(Self { store: Store::open(folder, "krane", tables, health)? })
    }

    /// Sets what is to run.
    pub(crate) async fn deploy(&self, host: Domain, deployment: Deployment) -> Result<Result<(), Full>, StoreProblem> {
        self.change(host, |host| host.desired = Some(deployment)).await
    }

    /// Lets nothing run. What is reported stays, as drift, until a report says that it is gone.
    pub(crate) async fn delete(&self, host: Domain) -> Result<Result<(), Full>, StoreProblem> {
        self.change(host, |host| host.desired = None).await
    }

    /// Sets what runs.
    pub(crate) async fn report(&self, host: Domain, report: Report) -> Result<Result<(), Full>, StoreProblem> {
        self.change(host, |host| host.reported = Some(report)).await
    }

    async fn change<F>(&self, name: Domain, change: F) -> Result<Result<(), Full>, StoreProblem>
    where
        F: FnOnce(&mut Host) + Send + 'static,
    {
        self.store.write(move |transaction| apply(transaction, name.as_str(), change)).await
    }

    /// Everything that is to run, by host name.
    pub(crate) fn deployments(&self) -> Result<Vec<Named>, StoreProblem> {
        self.collect(|name, host| Some(Named { host: name.to_owned(), deployment: host.desired? }))
    }

    /// Every difference, by host name.
    pub(crate) fn drift(&self) -> Result<Vec<Drift>, StoreProblem> {
        self.collect(|name, host| host.drift(name))
    }

    /// Which routes [`State::routes`] returns at least.
    pub(crate) fn version(&self) -> Result<Version, StoreProblem> {
        self.store.read(|transaction| version(&transaction.open_table(NUMBERS)?))
    }

    /// Every route, by host name, and which they are.
    pub(crate) fn routes(&self) -> Result<(Version, Vec<Route>), StoreProblem> {
        self.store.read(|transaction| {
            let routes = collect(&transaction.open_table(HOSTS)?, |name, host| {
                Some(Route { host: name.to_owned(), upstreams: host.route()? })
            });
            Ok((version(&transaction.open_table(NUMBERS)?)?, routes?))
        })
    }

    fn collect<T>(&self, take: impl FnMut(&str, Host) -> Option<T>) -> Result<Vec<T>, StoreProblem> {
        self.store.read(|transaction| collect(&transaction.open_table(HOSTS)?, take))
    }
}

fn tables(transaction: &WriteTransaction) -> Result<(), StoreProblem> {
    transaction.open_table(HOSTS)?;
    let mut numbers = transaction.open_table(NUMBERS)?;
    if numbers.get(ORIGIN)?.is_none() {
        numbers.insert(ORIGIN, Uuid::new_v4().as_u64_pair().0)?;
    }
    Ok(())
}

/// Changes one host, and counts a change of its route.
fn apply(
    transaction: &WriteTransaction,
    name: &str,
    change: impl FnOnce(&mut Host),
) -> Result<Result<(), Full>, StoreProblem> {
    let mut hosts = transaction.open_table(HOSTS)?;
    let known = hosts.get(name)?.map(|bytes| decode::<Host>(bytes.value())).transpose()?;
    let is_new = known.is_none();
    let mut host = known.unwrap_or_default();
    let before = host.route();
    change(&mut host);
    if host.is_empty() {
        hosts.remove(name)?;
    } else if is_new && hosts.len()? >= MOST_HOSTS {
        return Ok(Err(Full));
    } else {
        hosts.insert(name, encode(&host)?.as_slice())?;
    }
    if host.route() != before {
        let mut numbers = transaction.open_table(NUMBERS)?;
        let revision = version(&numbers)?.revision + 1;
        numbers.insert(REVISION, revision)?;
    }
    Ok(Ok(()))
}

fn version(numbers: &impl ReadableTable<&'static str, u64>) -> Result<Version, StoreProblem> {
    let number = |name| -> Result<u64, StoreProblem> { Ok(numbers.get(name)?.map_or(0, |number| number.value())) };
    Ok(Version { origin: number(ORIGIN)?, revision: number(REVISION)? })
}

fn collect<T>(
    hosts: &impl ReadableTable<&'static str, &'static [u8]>,
    mut take: impl FnMut(&str, Host) -> Option<T>,
) -> Result<Vec<T>, StoreProblem> {
    let mut taken = Vec::new();
    for entry in hosts.iter()? {
        let (name, host) = entry?;
        taken.extend(take(name.value(), decode(host.value())?));
    }
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    use tempfile::TempDir;

    fn open(folder: &TempDir) -> State {
        State::open(folder.path(), &Health::default()).expect("opened")
    }

    fn domain(name: &str) -> Domain {
        name.parse().expect("valid")
    }

    fn deployment(upstreams: &[&str]) -> Deployment {
        let upstreams = upstreams.iter().map(|text| text.parse().expect("valid")).collect();
        Deployment { id: "d".to_owned(), upstreams, replicas: 1 }
    }

    fn report(running: &[&str]) -> Report {
        Report { running: deployment(running).upstreams }
    }

    fn revision(state: &State) -> u64 {
        state.version().expect("read").revision
    }

    #[tokio::test]
    async fn the_revision_grows_with_each_change_of_a_route_and_with_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let state = open(&folder);
        let host = || domain("a.test");
        assert_eq!(revision(&state), 0);
        for _ in 0..2 {
            state.deploy(host(), deployment(&["a:1", "b:1"])).await.expect("written").expect("room");
            assert_eq!(revision(&state), 1);
        }
        for (running, expected) in [(&["a:1", "b:1"][..], 1), (&["a:1"], 2), (&["a:1", "c:1"], 2), (&[], 3)] {
            state.report(host(), report(running)).await.expect("written").expect("room");
            assert_eq!(revision(&state), expected, "{running:?}");
        }
        state.report(domain("other"), report(&["a:1"])).await.expect("written").expect("room");
        assert_eq!(revision(&state), 3);
        for _ in 0..2 {
            state.delete(host()).await.expect("written").expect("room");
            assert_eq!(revision(&state), 4);
        }
    }

    #[tokio::test]
    async fn everything_is_there_after_another_start_and_not_in_another_store() {
        let folder = tempfile::tempdir().expect("a folder");
        let state = open(&folder);
        state.deploy(domain("a.test"), deployment(&["a:1", "b:1"])).await.expect("written").expect("room");
        state.report(domain("a.test"), report(&["b:1"])).await.expect("written").expect("room");
        let before = state.routes().expect("read");
        assert_eq!(before.0.revision, 2);
        drop(state);
        assert_eq!(open(&folder).routes().expect("read"), before);
        let other = tempfile::tempdir().expect("a folder");
        assert_ne!(open(&other).version().expect("read").origin, before.0.origin);
    }

    #[tokio::test]
    async fn a_host_too_many_is_refused_and_one_that_is_gone_makes_room() {
        let folder = tempfile::tempdir().expect("a folder");
        let state = open(&folder);
        let writes = (0..MOST_HOSTS).map(|number| {
            let state = state.clone();
            tokio::spawn(async move { state.deploy(domain(&format!("h{number}")), deployment(&["a:1"])).await })
        });
        for write in writes.collect::<Vec<_>>() {
            write.await.expect("no panic").expect("written").expect("room");
        }
        assert_eq!(state.report(domain("more"), report(&["a:1"])).await.expect("read"), Err(Full));
        state.deploy(domain("h0"), deployment(&["b:1"])).await.expect("written").expect("there already");
        state.delete(domain("h0")).await.expect("written").expect("room");
        state.deploy(domain("more"), deployment(&["a:1"])).await.expect("written").expect("room");
    }
}
