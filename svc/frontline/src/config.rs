//! The keys of the frontline service, beside those that every service has: [`runtime::Settings`].

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use runtime::{
    Clock as _, Problems, Region, ServiceConfig, SystemClock, Upstream, UpstreamFile, in_range, parse_listen,
};
use serde::Deserialize;

use crate::certificates::Certificates;
use crate::tls::Tls;

/// What can be typed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    region: String,
    krane: UpstreamFile,
    poll_seconds: Option<u64>,
    answer_seconds: Option<u64>,
    idle_seconds: Option<u64>,
    tls: Option<TlsFile>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TlsFile {
    listen: Option<String>,
    certificates: Vec<CertificateFile>,
}

/// The files of one certificate.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CertificateFile {
    /// The certificate and those that lead to an authority, in PEM.
    pub(crate) certificate: PathBuf,
    /// Its private key, in PEM.
    pub(crate) key: PathBuf,
}

/// What is valid.
#[derive(Clone, Debug)]
pub struct Config {
    /// `region`: where this instance runs.
    pub region: Region,
    /// `[krane]`: whom to ask for routes.
    pub krane: Upstream,
    /// `poll_seconds`: how long to wait before routes are asked for again, 1 to 3600 s, by default 2.
    pub poll: Duration,
    /// `answer_seconds`: how long an upstream may take from the last byte of a request that it could read to the first
    /// of its answer, 1 to 3600 s, by default 30.
    pub answer: Duration,
    /// `idle_seconds`: how long an upstream may pause within an answer, 1 to 3600 s, by default 60.
    pub idle: Duration,
    /// `[tls]`: absent, there is no HTTPS.
    pub tls: Option<TlsConfig>,
}

/// HTTPS beside HTTP.
#[derive(Clone, Debug)]
pub struct TlsConfig {
    /// `tls.listen`: an IP address and a port, by default port 7443 on every address.
    pub listen: SocketAddr,
    /// The certificates, read and checked.
    pub(crate) handshake: Tls,
}

impl ServiceConfig for Config {
    type File = ConfigFile;

    const DEFAULT_PORT: u16 = 7080;
    const EXAMPLE: &'static str = r#"region = "local"

[krane]
url = "http://krane:8070"
token = { env = "UNKEY_TOKEN" }
"#;

    fn check(file: ConfigFile, problems: &mut Problems) -> Option<Self> {
        let region = problems.check("region", file.region.parse());
        let krane = file.krane.check("krane", problems);
        let mut seconds = |key, value: Option<u64>, default| {
            let checked = in_range(value.unwrap_or(default), &(1..=3600));
            problems.check(key, checked.map(Duration::from_secs))
        };
        let poll = seconds("poll_seconds", file.poll_seconds, 2);
        let answer = seconds("answer_seconds", file.answer_seconds, 30);
        let idle = seconds("idle_seconds", file.idle_seconds, 60);
        let tls = file.tls.map(|tls| tls.check(problems));
        Some(Self {
            region: region?,
            krane: krane?,
            poll: poll?,
            answer: answer?,
            idle: idle?,
            tls: match tls {
                None => None,
                Some(checked) => Some(checked?),
            },
        })
    }
}

impl TlsFile {
    fn check(&self, problems: &mut Problems) -> Option<TlsConfig> {
        let listen = problems.check("tls.listen", parse_listen(self.listen.as_deref().unwrap_or("0.0.0.0:7443")));
        if self.certificates.is_empty() {
            problems.refuse("tls.certificates", "must name at least one certificate");
        }
        let mut certificates = Certificates::default();
        for (index, files) in self.certificates.iter().enumerate() {
            problems.check(&format!("tls.certificates[{index}]"), certificates.add(files, SystemClock.now()));
        }
        Some(TlsConfig { listen: listen?, handshake: Tls::new(certificates) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every key, those with a default commented out.
    const EXAMPLE_FILE: &str = include_str!("../unkey.example.toml");

    /// The same with a variable that is set wherever tests run.
    fn parse(text: &str) -> runtime::Loaded<Config> {
        runtime::parse::<Config>(&text.replace("UNKEY_TOKEN", "PATH")).expect("valid")
    }

    #[test]
    fn the_least_that_works_and_the_example_file_agree() {
        let (least, example) = (parse(Config::EXAMPLE).config, parse(EXAMPLE_FILE).config);
        assert_eq!(least.region.as_str(), example.region.as_str());
        assert_eq!(least.krane.url(), example.krane.url());
        assert!(least.tls.is_none() && example.tls.is_none());
    }

    #[test]
    fn the_example_file_shows_the_defaults() {
        // A comment that is TOML loses its `# `; one that is a sentence stays. `[tls]` names files that are not there.
        let is_toml =
            |line: &str| line.starts_with('[') || line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '));
        let (text, tls) = EXAMPLE_FILE.split_once("# [tls]\n").expect("the last table");
        let uncommented: Vec<&str> =
            text.lines().map(|line| line.strip_prefix("# ").filter(|rest| is_toml(rest)).unwrap_or(line)).collect();
        let (shown, default) = (parse(&uncommented.join("\n")), parse(Config::EXAMPLE));
        assert_eq!(shown.settings.instance_id.expect("shown").as_str(), "frontline-1");
        assert_eq!(shown.settings.listen, default.settings.listen);
        assert_eq!(shown.settings.limits, default.settings.limits);
        assert_eq!(shown.settings.shutdown_grace, default.settings.shutdown_grace);
        assert_eq!(shown.settings.logging, default.settings.logging);
        assert_eq!(
            (shown.config.poll, shown.config.answer, shown.config.idle),
            (default.config.poll, default.config.answer, default.config.idle)
        );
        assert!(tls.contains("# listen = \"0.0.0.0:7443\"\n"), "{tls}");
    }

    #[test]
    fn every_refusal_is_reported_with_its_line() {
        let text = "region = \"\"\npoll_seconds = 0\nanswer_seconds = 3601\nidle_seconds = 0\n\
                    [krane]\nurl = \"krane\"\n[tls]\nlisten = \"a\"\n\
                    certificates = [{ certificate = \"/nosuch.pem\", key = \"/nosuch.key\" }]\n";
        let problems = runtime::parse::<Config>(text).expect_err("refused");
        let lines: Vec<Option<usize>> = problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [1, 2, 3, 4, 6, 8, 9].map(Some));
        let expected = "`tls.certificates[0]` names `/nosuch.pem`, which cannot be read: No such file or directory";
        assert!(problems[6].message.starts_with(expected), "{}", problems[6].message);
        let empty = Config::EXAMPLE.replace("UNKEY_TOKEN", "PATH") + "[tls]\ncertificates = []\n";
        let problems = runtime::parse::<Config>(&empty).expect_err("refused");
        assert_eq!(problems[0].message, "`tls.certificates` must name at least one certificate");
    }
}
