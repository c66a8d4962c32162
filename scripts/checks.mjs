/** Milliseconds in which a check writes nothing and does not work either: only a hung one does that. */
export const CHECK_SILENCE_MS = 5 * 60_000

/**
 * What is checked before the tests run. `proof` must be found in what the check prints: a check that looked at nothing
 * is no check. Tools that fail by themselves when they find no files need none.
 *
 * @typedef {{ name: string, command: readonly [string, ...string[]], proof?: RegExp }} Check
 */

/** @type {readonly Check[]} */
export const CHECKS = [
  { name: 'format and lint', command: ['biome', 'check', '--error-on-warnings', '.'], proof: /Checked [1-9]\d+ files/ },
  { name: 'lint with types', command: ['oxlint', '--type-aware', '--deny-warnings'], proof: /on [1-9]\d+ files/ },
  { name: 'types', command: ['tsc', '-p', '.'] },
  { name: 'boundaries', command: ['node', '.ci/check-boundaries.ts'], proof: /[1-9]\d* modules/ },
  { name: 'unions', command: ['node', '.ci/check-unions.ts'], proof: /[1-9]\d* files/ },
  { name: 'dead code', command: ['knip'] },
  { name: 'files that only tests use', command: ['knip', '--production', '--include', 'files'] },
  { name: 'commit subjects', command: ['node', 'scripts/commit-subjects.mjs'], proof: /commits (looked|to look) at/ },
  { name: 'generated resource definitions and their reference', command: ['node', 'crds/generate.ts', '--check'] },
  { name: 'generated metrics document', command: ['node', 'ingress/metrics/generate-docs.ts', '--check'] },
  { name: "generated operator's metrics document", command: ['node', 'operator/metrics/generate-docs.ts', '--check'] },
  { name: "chart's copies, schema and table of values", command: ['node', 'helm/generate.ts', '--check'] },
  { name: 'generated dashboards and alerts', command: ['node', 'monitoring/generate.ts', '--check'] },
]
