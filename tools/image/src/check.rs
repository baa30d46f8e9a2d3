//! The image contract: whether a layout is sound, and whether it is what a service's images must be.
//!
//! Everything is read from the finished layout, as a registry would get it; nothing that a build says about itself
//! is taken on trust. All findings are gathered before the verdict. Nothing is changed and nothing is fetched.

mod base;
mod binary;
mod config;
mod contract;
mod files;
mod findings;
mod form;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod integrity;
mod layers;
mod platforms;
mod verified;

use std::io;
use std::path::{Path, PathBuf};

use oci_spec::image::ImageConfiguration;
use serde::Serialize;

pub use self::contract::Contract;
pub use self::findings::{Finding, Place, Severity, printable};
pub use self::verified::{Verified, VerifiedBinary};

use self::base::Bases;
use self::files::Above;
use self::findings::{Findings, codes, quoted};
pub(crate) use self::layers::Layers;
use self::platforms::Found;
use crate::Error;
use oci::layout::Layout;
use oci::tree;

/// What a check came to.
#[derive(Debug, Serialize)]
pub struct Report {
    /// What is wrong, in the order in which it was met: integrity first, then the contract.
    pub findings: Vec<Finding>,
    /// How many findings were left out because there were too many.
    pub omitted: usize,
    /// How many of all findings are errors.
    pub errors: usize,
    /// The images that were looked at, in the order of the index.
    pub images: Vec<Verified>,
}

impl Report {
    /// Whether the layout is as it should be; warnings do not count.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.errors == 0
    }
}

/// Holds a program that is in no image against the contract on a service's: static, stripped, for `architecture` (Go's GOARCH).
///
/// # Errors
/// When it cannot be read.
pub fn check_program(path: &Path, architecture: &str) -> io::Result<Vec<Finding>> {
    let mut file = std::fs::File::open(path)?;
    let program = layers::read_binary(file.metadata()?.len(), &mut file)?;
    let mut findings = Findings::default();
    binary::check(&program, architecture, &Place::default(), &mut findings);
    Ok(findings.into_parts().0)
}

/// Checks the layout in `path`: its integrity, and with a contract that too.
///
/// # Errors
/// When the layout cannot be opened, `index.json` does not parse, a blob that exists cannot be read, or a base of
/// the contract cannot be read.
pub fn check(path: &std::path::Path, contract: Option<&Contract>) -> Result<Report, Error> {
    let layout = Layout::open(path).map_err(Error::Check)?;
    let base_paths: &[PathBuf] = contract.map_or(&[], |contract| &contract.base_layouts);
    let bases = Bases::read(base_paths)?;
    let nodes = tree::read(&layout);
    let mut findings = Findings::default();
    let mut layers = Layers::new(&layout, contract.and_then(|contract| contract.binary.as_deref()));
    integrity::check(&layout, &nodes, &mut layers, &mut findings).map_err(Error::Check)?;
    if let Some(contract) = contract {
        platforms::check(&nodes, contract, &mut findings);
        form::check_index(&layout, &nodes, &mut findings).map_err(Error::Check)?;
    }
    let mut judge = Judge { layout: &layout, contract, bases: &bases, layers, findings };
    let mut images = Vec::new();
    for found in platforms::images(&nodes) {
        images.extend(judge.image(&found).map_err(Error::Check)?);
    }
    judge.across(&images);
    let errors = judge.findings.errors();
    let (findings, omitted) = judge.findings.into_parts();
    Ok(Report { findings, omitted, errors, images })
}

struct Judge<'a> {
    layout: &'a Layout,
    contract: Option<&'a Contract>,
    bases: &'a Bases,
    layers: Layers<'a>,
    findings: Findings,
}

impl Judge<'_> {
    /// Checks one image; nothing if its config could not be read, which is a finding already.
    fn image(&mut self, found: &Found<'_>) -> Result<Option<Verified>, oci::Error> {
        let Ok(config) = &found.image.config else { return Ok(None) };
        let mut verified = Verified::of(found, config, &self.layers);
        let Some(contract) = self.contract else { return Ok(Some(verified)) };
        let place = Place::of_platform(&verified.platform);
        config::check(
            config,
            contract,
            &place.clone().blob(found.image.manifest.config().digest()),
            &mut self.findings,
        );
        let standing = self.bases.standing(found, &verified.platform, &mut self.findings);
        verified.layers_above_base = Some(standing.above.len());
        if standing.is_sound {
            let image = form::ImageOnBase { found, config, base: standing.base, above: standing.above };
            form::check_image(self.layout, &image, &mut self.findings)?;
        }
        let above: Vec<_> = standing
            .above
            .iter()
            .filter_map(|descriptor| {
                let layer = self.layers.get(descriptor)?;
                Some(Above { layer, descriptor, place: place.clone().blob(descriptor.digest()) })
            })
            .collect();
        // A layer that could not be opened is a finding already, and what it holds is not known.
        if above.len() == standing.above.len() {
            let image = place.blob(found.descriptor.digest());
            verified.binary = service(&above, config, contract, &image, &mut self.findings);
            layer_form(self.layout, &above, contract, &image, &mut self.findings)?;
        }
        Ok(Some(verified))
    }

    /// What must be the same in all images.
    fn across(&mut self, images: &[Verified]) {
        if self.contract.is_none() {
            return;
        }
        let Some((first, others)) = images.split_first() else { return };
        for other in others {
            if first.created != other.created {
                let [one, two] = [first, other].map(|image| quoted(image.created.as_deref().unwrap_or("absent")));
                let message = format!("it is {two}, for {} it is {one}", first.platform);
                let place = Place::of_platform(&other.platform).field("created");
                self.findings.add(codes::CREATED_DIFFERS, place, message);
            }
            if let (Some(one), Some(two)) = (&first.binary, &other.binary)
                && one.mtime != two.mtime
            {
                let [one, two] = [one, two].map(|binary| binary.mtime.unwrap_or_default());
                let message = format!("the modification time is {two}, for {} it is {one}", first.platform);
                self.findings.add(codes::FILE_MTIME, Place::of_platform(&other.platform), message);
            }
        }
    }
}

fn service(
    above: &[Above<'_>],
    config: &ImageConfiguration,
    contract: &Contract,
    image: &Place,
    findings: &mut Findings,
) -> Option<VerifiedBinary> {
    let (entry, here) = files::check(above, contract, image, findings)?;
    let binary = here.layer.binary.as_ref()?;
    let place = here.place.clone().path(&entry.path);
    binary::check(binary, &config.architecture().to_string(), &place, findings);
    Some(VerifiedBinary::of(binary, entry))
}

/// The service's layer is one, and as the build writes it.
fn layer_form(
    layout: &Layout,
    above: &[Above<'_>],
    contract: &Contract,
    image: &Place,
    findings: &mut Findings,
) -> Result<(), oci::Error> {
    let Some(name) = contract.binary.as_deref().and_then(|binary| binary.strip_prefix('/')) else { return Ok(()) };
    let [Above { layer, descriptor, place }] = above else {
        if above.len() > 1 {
            let message = format!("there are {} layers above the base, expected 1", above.len());
            findings.add(codes::LAYER_EXTRA, image.clone().field("layers"), message);
        }
        return Ok(());
    };
    // Of another number of entries, or of a broken archive, there is a finding already.
    let ([entry], 1, []) = (layer.entries.as_slice(), layer.facts.entries, layer.facts.problems.as_slice()) else {
        return Ok(());
    };
    let path = layout.blob_path(descriptor.digest())?;
    let checked = form::check_layer(&path, &layer.facts, entry, name, place, findings);
    checked.map_err(|source| oci::Error::Read { path, source })
}
