#!/usr/bin/env node
// Runs the client's binary, which is in the package for this platform, as if it had been called itself.
'use strict';

const { spawn } = require('node:child_process');
const { constants } = require('node:os');
const { isatty } = require('node:tty');
const { optionalDependencies } = require('../package.json');

// What this program ends with when there is nothing to run. The client's own statuses are passed on.
const NOT_RUN = 2;

const platform = `${process.platform}-${process.arch}`;
const name = `@unkey/cli-${platform}`;

function fail(message, hint) {
  process.stderr.write(`error: ${message}\n\nhint: ${hint}\n`);
  process.exit(NOT_RUN);
}

function find() {
  if (process.env.UNKEY_BINARY) return process.env.UNKEY_BINARY;
  const file = process.platform === 'win32' ? 'unkey.exe' : 'unkey';
  try {
    return require.resolve(`${name}/bin/${file}`);
  } catch {
    if (optionalDependencies[name]) {
      return fail(
        `the package \`${name}\`, which has the binary for this platform, is not installed`,
        'install `unkey` again with optional dependencies (without `--omit=optional`, `--no-optional` or\n' +
          '      `--ignore-optional`) on the platform where it runs; or set `UNKEY_BINARY` to the path of a binary'
      );
    }
    const known = Object.keys(optionalDependencies).map((known) => known.replace('@unkey/cli-', ''));
    return fail(
      `there is no binary for ${platform}, only for ${known.join(', ')}`,
      'build one from the sources, and set `UNKEY_BINARY` to its path'
    );
  }
}

const binary = find();

// What the terminal's keys send reaches the child as well, and how that ends is its own decision: once is enough. Before the
// child is started, so that no signal can end this program and leave it behind; one that comes meanwhile is passed on after.
const hasTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor));
const fromKeys = ['SIGINT', 'SIGQUIT'];
const passed = ['SIGHUP', 'SIGTERM', ...fromKeys];
for (const signal of passed) {
  process.on(signal, () => {
    if (!hasTerminal || !fromKeys.includes(signal)) child.kill(signal);
  });
}

const child = spawn(binary, process.argv.slice(2), { stdio: 'inherit', windowsHide: false });
child.on('error', (error) =>
  fail(`cannot run \`${binary}\`: ${error.message}`, 'is it a binary for this platform, and may it be run?')
);
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code);
  // Whoever waits for this program learns from how it ends that a signal ended the child.
  for (const passedOn of passed) process.removeAllListeners(passedOn);
  process.kill(process.pid, signal);
  // Node ignores some, such as SIGPIPE; a shell has a status for these.
  setTimeout(() => process.exit(128 + constants.signals[signal]), 100);
});
