/**
 * Where the tests are that need the parts of Kubernetes: the beginnings of their paths. While the parts are built for the
 * first time, all others run; test/unit/scripts/test-runs.test.ts holds every other test to need none.
 */
export const TESTS_WITH_PARTS = /** @type {const} */ ([
  'test/cluster/',
  'test/docs/',
  'test/helm/',
  'test/kubectl-yaml/real-kubectl.test.ts',
  'test/monitoring/',
  'test/unit/test/support/kubernetes-api.test.ts',
])

/** The arguments that make jest run these tests alone. */
export const WITH_PARTS = TESTS_WITH_PARTS.map(pattern)

/** The arguments that make jest run all but these. */
export const WITHOUT_PARTS = ['--testPathIgnorePatterns', '/node_modules/', ...TESTS_WITH_PARTS.map(pattern)]

/**
 * Whether a run of jest names unit tests and nothing else. They need no program but a few, which are skipped by name where
 * one is missing: nobody who runs one file waits for an installation.
 *
 * @param {readonly string[]} args the arguments of jest
 */
export function areUnitTests(args) {
  const named = args.filter((argument) => !argument.startsWith('-'))
  return named.length > 0 && named.every((path) => path.startsWith('test/unit/'))
}

/**
 * Jest takes regular expressions.
 *
 * @param {string} path
 */
function pattern(path) {
  return `/${path.replaceAll('.', String.raw`\.`)}`
}
