//! What is to run under one host name, what is reported to run there, and what follows from the two: the route and the
//! drift. Keeps nothing.

use runtime::{HostPort, Refusal};
use serde::{Deserialize, Serialize};

/// How many addresses one host has at most.
const MOST_UPSTREAMS: usize = 64;

/// How many replicas one host has at most.
const MOST_REPLICAS: u32 = 64;

/// The longest id of a deployment, in bytes.
const LONGEST_ID: usize = 64;

/// What is to run.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Deployment {
    /// Its id where it was requested.
    #[serde(rename = "deployment")]
    pub(crate) id: String,
    /// Where it is reached.
    pub(crate) upstreams: Vec<HostPort>,
    /// How many are to run.
    pub(crate) replicas: u32,
}

/// What somebody sees running.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Report {
    pub(crate) running: Vec<HostPort>,
}

/// All that is known of one host.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Host {
    /// Absent when nothing is to run.
    pub(crate) desired: Option<Deployment>,
    /// Absent when nobody has reported.
    pub(crate) reported: Option<Report>,
}

/// How what runs differs from what is to run.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Drift {
    host: String,
    missing: Vec<HostPort>,
    unexpected: Vec<HostPort>,
    replicas_wanted: u32,
    replicas_running: usize,
}

impl Deployment {
    /// Refuses what is out of bounds.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        let is_id = (1..=LONGEST_ID).contains(&self.id.len()) && self.id.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_id {
            let detail = format!("`deployment` must be 1 to {LONGEST_ID} visible ASCII characters");
            return Err(Refusal::bad_request(detail));
        }
        if self.upstreams.is_empty() {
            return Err(Refusal::bad_request("`upstreams` must name at least one address"));
        }
        if !(1..=MOST_REPLICAS).contains(&self.replicas) {
            let detail = format!("`replicas` must be `1` to `{MOST_REPLICAS}`, not `{}`", self.replicas);
            return Err(Refusal::bad_request(detail));
        }
        check_addresses("upstreams", &self.upstreams)
    }
}

impl Report {
    /// Refuses what is out of bounds.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        check_addresses("running", &self.running)
    }
}

fn check_addresses(key: &str, addresses: &[HostPort]) -> Result<(), Refusal> {
    if addresses.len() > MOST_UPSTREAMS {
        let detail = format!("`{key}` must name at most {MOST_UPSTREAMS} addresses, not {}", addresses.len());
        return Err(Refusal::bad_request(detail));
    }
    let mut sorted: Vec<&HostPort> = addresses.iter().collect();
    sorted.sort();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Refusal::bad_request(format!("`{key}` names `{}` twice", pair[0]))),
        None => Ok(()),
    }
}

impl Host {
    /// Whether there is nothing left to keep.
    pub(crate) fn is_empty(&self) -> bool {
        self.desired.is_none() && self.running().is_empty()
    }

    fn running(&self) -> &[HostPort] {
        self.reported.as_ref().map_or(&[], |report| &report.running)
    }

    fn upstreams(&self) -> &[HostPort] {
        self.desired.as_ref().map_or(&[], |deployment| &deployment.upstreams)
    }

    /// Where requests go, in the order of the deployment; none when nothing is to run.
    ///
    /// A report that names none of the upstreams does not count: it is older than the deployment, or nothing runs, and
    /// then a try costs nothing.
    pub(crate) fn route(&self) -> Option<Vec<HostPort>> {
        let upstreams = &self.desired.as_ref()?.upstreams;
        let running = difference(upstreams, &difference(upstreams, self.running()));
        Some(if running.is_empty() { upstreams.clone() } else { running })
    }

    /// The difference, if there is one. Without a report nothing runs.
    pub(crate) fn drift(&self, host: &str) -> Option<Drift> {
        let drift = Drift {
            host: host.to_owned(),
            missing: difference(self.upstreams(), self.running()),
            unexpected: difference(self.running(), self.upstreams()),
            replicas_wanted: self.desired.as_ref().map_or(0, |deployment| deployment.replicas),
            replicas_running: self.running().len(),
        };
        let has_wanted = usize::try_from(drift.replicas_wanted) == Ok(drift.replicas_running);
        let is_none = drift.missing.is_empty() && drift.unexpected.is_empty() && has_wanted;
        (!is_none).then_some(drift)
    }
}

/// What is in `addresses` and not in `others`, in the order of the first.
fn difference(addresses: &[HostPort], others: &[HostPort]) -> Vec<HostPort> {
    addresses.iter().filter(|address| !others.contains(address)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<HostPort> {
        texts.iter().map(|text| text.parse().expect("valid")).collect()
    }

    fn host(upstreams: &[&str], running: Option<&[&str]>) -> Host {
        let upstreams = addresses(upstreams);
        let replicas = u32::try_from(upstreams.len()).expect("few");
        let desired = Deployment { id: "d".to_owned(), upstreams, replicas };
        let desired = (replicas > 0).then_some(desired);
        Host { desired, reported: running.map(|running| Report { running: addresses(running) }) }
    }

    #[test]
    fn a_route_is_what_is_to_run_and_runs() {
        let cases: [(Option<&[&str]>, &[&str]); 5] = [
            (None, &["b:1", "a:1"]),
            (Some(&["a:1", "b:1"]), &["b:1", "a:1"]),
            (Some(&["a:1", "c:1"]), &["a:1"]),
            (Some(&["c:1"]), &["b:1", "a:1"]),
            (Some(&[]), &["b:1", "a:1"]),
        ];
        for (running, expected) in cases {
            assert_eq!(host(&["b:1", "a:1"], running).route(), Some(addresses(expected)), "{running:?}");
        }
        assert_eq!(host(&[], Some(&["a:1"])).route(), None);
    }

    #[test]
    fn drift_is_what_is_missing_and_what_is_too_much() {
        assert_eq!(host(&["a:1", "b:1"], Some(&["b:1", "a:1"])).drift("h"), None);
        let drift = host(&["a:1", "b:1"], Some(&["b:1", "c:1", "d:1"])).drift("h").expect("drift");
        assert_eq!((drift.missing, drift.unexpected), (addresses(&["a:1"]), addresses(&["c:1", "d:1"])));
        assert_eq!((drift.replicas_wanted, drift.replicas_running), (2, 3));
        let unreported = host(&["a:1"], None).drift("h").expect("drift");
        assert_eq!((unreported.missing, unreported.replicas_running), (addresses(&["a:1"]), 0));
        let unwanted = host(&[], Some(&["a:1"])).drift("h").expect("drift");
        assert_eq!((unwanted.unexpected, unwanted.replicas_wanted), (addresses(&["a:1"]), 0));
        let mut too_few = host(&["a:1"], Some(&["a:1"]));
        too_few.desired.as_mut().expect("desired").replicas = 2;
        assert!(too_few.drift("h").is_some());
    }

    #[test]
    fn bounds() {
        let upstreams = |count: u16| (1..=count).map(|port| format!("a:{port}").parse().expect("valid")).collect();
        let deployment =
            |id: &str, count, replicas| Deployment { id: id.to_owned(), upstreams: upstreams(count), replicas };
        for right in [deployment("d", 1, 1), deployment(&"d".repeat(64), 64, 64)] {
            assert!(right.check().is_ok(), "{right:?}");
        }
        for (wrong, part) in [
            (deployment("", 1, 1), "`deployment`"),
            (deployment("a b", 1, 1), "`deployment`"),
            (deployment(&"d".repeat(65), 1, 1), "`deployment`"),
            (deployment("d", 0, 1), "`upstreams` must name at least one"),
            (deployment("d", 65, 1), "`upstreams` must name at most 64 addresses, not 65"),
            (deployment("d", 1, 0), "`replicas` must be `1` to `64`, not `0`"),
            (deployment("d", 1, 65), "`replicas`"),
        ] {
            assert!(wrong.check().expect_err("refused").detail().contains(part), "{wrong:?}");
        }
        let twice = Report { running: addresses(&["a:1", "b:1", "A:1"]) };
        assert_eq!(twice.check().expect_err("refused").detail(), "`running` names `a:1` twice");
    }
}
