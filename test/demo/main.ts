// `npm run demo`. Only what any Node can load is imported before the version is known.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 24 || (major === 24 && minor < 15)) {
  process.stderr.write(
    `The demo needs Node 24.15 or newer; this is ${process.versions.node}.\n` +
      'Run "npm ci", which brings one along, and then "npm run demo".\n',
  );
  process.exit(2);
}
const { demo } = await import('./command-line.ts');
process.exit(await demo(process.argv.slice(2)));
