//! Compression of a layer: time and size, beside gzip, pigz and the Python that `rules_pkg` uses.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use flate2::read::MultiGzDecoder;

use crate::figure::Figure;
use crate::peers;
use crate::row::Row;
use crate::sections::{Bench, tool};
use crate::series::Series;

/// As `rules_pkg` does it.
const PYTHON: &str = "import gzip, shutil, sys\n\
                      with gzip.GzipFile(fileobj=sys.stdout.buffer, mode='wb', compresslevel=9, mtime=0) as output:\n    \
                      shutil.copyfileobj(sys.stdin.buffer, output)\n";

const OTHERS: [(&str, &[&str]); 4] =
    [("gzip", &["-6"]), ("gzip", &["-9"]), ("pigz", &["-6"]), ("python3", &["-c", PYTHON])];

pub(super) fn rows(bench: &Bench) -> Vec<Row> {
    let folder = tempfile::tempdir().expect("a folder");
    let (tar, output) = (folder.path().join("layer.tar"), folder.path().join("layer.tar.gz"));
    unpack(&bench.images.output("one/image_layer_linux_amd64.tar.gz"), &tar);
    let image = tool::executable(bench);
    let mut ours = Command::new(image);
    ours.arg("compress");
    let mut lines = vec![("ours".to_owned(), ours)];
    for (program, arguments) in OTHERS {
        let level = arguments.first().filter(|argument| **argument != "-c").unwrap_or(&"gzip level 9");
        let mut line = Command::new(program);
        line.args(arguments);
        lines.push((format!("{} {level}", peers::named(program)), line));
    }
    let is_there = |line: &Command| {
        Path::new(line.get_program()).is_absolute()
            || parts::paths::on_path(&line.get_program().to_string_lossy()).is_some()
    };
    let mut sizes = std::collections::BTreeMap::new();
    let series = Series::measure("compress", bench.runs, |series| {
        for (name, line) in lines.iter_mut().filter(|(_, line)| is_there(line)) {
            let started = Instant::now();
            let status = line
                .stdin(File::open(&tar).expect("the tar"))
                .stdout(File::create(&output).expect("a file"))
                .status()
                .unwrap_or_else(|error| panic!("cannot start {line:?}: {error}"));
            series.add(name, started.elapsed());
            assert!(status.success(), "{line:?} ended with {status}");
            sizes.insert(name.clone(), fs::metadata(&output).expect("written").len());
        }
    });
    let missing = || Figure::Missing("not there".to_owned());
    let time = |name: &String| if sizes.contains_key(name) { series.figure(name) } else { missing() };
    let size = |name: &String| sizes.get(name).map_or_else(missing, |size| Figure::Bytes(*size));
    let row = |what: &str, figure: &dyn Fn(&String) -> Figure| {
        let row = Row::new(what, figure(&lines[0].0));
        lines[1..].iter().fold(row, |row, (name, _)| row.peer(name, figure(name)))
    };
    vec![row("`image_build compress`, gzip", &time), row("bytes out of 9.7 MB", &size)]
}

fn unpack(layer: &Path, tar: &Path) {
    let mut reader = MultiGzDecoder::new(File::open(layer).expect("the layer"));
    io::copy(&mut reader, &mut File::create(tar).expect("a file")).expect("unpacked");
}
