/** Milliseconds without output and without CPU time after which a check counts as hung. */
export const CHECK_SILENCE_MS = 5 * 60_000

/**
 * The checks that run before the tests. The output of a check must match `proof`, so that a check without any files to look at
 * does not pass. A tool that fails by itself when it finds no files needs no `proof`.
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
