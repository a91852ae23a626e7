// The dependency rule of docs/adr/0002: what may import what. A cycle is an error.

const lib = name => `^libs/${name}/src`;
const PURE = '^libs/(tuf|ledger|projection)/src';
const nestPackages = '^node_modules/(@nestjs|reflect-metadata|rxjs|express|compression|prom-client)';

/** `from` must not import what matches `to`. */
const never = (name, comment, from, to, except = {}) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, ...except.from },
  to: { path: to, ...except.to },
});

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-undeclared-packages',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'pure-core',
      comment: 'tuf, ledger and projection run in a browser: @noble and one another, nothing else.',
      severity: 'error',
      from: { path: PURE },
      to: { pathNot: [PURE, '^node_modules/@noble/'] },
    },
    never('tuf-is-below', 'tuf imports no other lib.', lib('tuf'), '^(libs|apps|test)/', {
      to: { pathNot: lib('tuf') },
    }),
    never(
      'ledger-above-tuf',
      'ledger imports tuf only.',
      lib('ledger'),
      lib('(projection|log|store|files|signing|host)'),
    ),
    never(
      'projection-above-ledger',
      'projection imports tuf and ledger only.',
      lib('projection'),
      lib('(log|store|files|signing|host)'),
    ),
    ...['log', 'store', 'files', 'signing'].map(port =>
      never(
        `${port}-is-a-port`,
        'Ports import the pure libs, never each other, the host or an app.',
        lib(port),
        '^(libs/(log|store|files|signing|host)|apps)/',
        { to: { pathNot: lib(port) } },
      ),
    ),
    never('host-below-apps', 'host wires libs; it knows no app.', lib('host'), '^apps/'),
    never(
      'through-the-barrel',
      'Another lib is imported by its index.',
      '^(libs|apps)/([^/]+)/',
      '^libs/[^/]+/src/(?!index\\.ts$)',
      {
        to: { pathNot: '^libs/$2/' },
      },
    ),
    never(
      'apps-apart',
      'An app imports no other app; ledger composes them.',
      '^apps/([^/]+)/src',
      '^apps/([^/]+)/',
      {
        from: { pathNot: '^apps/ledger/' },
        to: { pathNot: '^apps/$1/' },
      },
    ),
    never('nest-at-the-edge', 'Nest stays in host and apps.', '^libs/(?!host/)', nestPackages),
    never(
      'postgres-behind-ports',
      'TypeORM and pg stay in store, the Postgres log and what wires them.',
      '^libs/(tuf|ledger|projection|files|signing)/',
      '^node_modules/(typeorm|pg)/',
    ),
    never('kafka-in-log', 'kafkajs stays in log.', '^(apps|libs/(?!log/))', '^node_modules/kafkajs/'),
    never('no-tests-in-sources', 'Sources import no test.', '^(apps|libs)/[^/]+/src', '(^test/|/test/)'),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      conditionNames: ['source', 'import', 'node', 'default'],
      extensions: ['.ts', '.js', '.mjs'],
    },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
  },
};
