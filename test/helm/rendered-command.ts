/** The commands that kubelets would start for a release: flags and variables as they are rendered. */
import type { Manifest } from './chart-values.ts'

interface Container {
  readonly name: string
  readonly args: readonly string[]
  readonly env?: readonly { readonly name: string; readonly value?: string }[]
}

/** The flags of a container, with `$(NAME)` replaced as kubelets do; `known`: what they know about the pod. */
export function commandOf(
  manifests: readonly Manifest[],
  container: string,
  known: Readonly<Record<string, string>>,
): string[] {
  const all = manifests.flatMap(({ kind, spec }) => containersOf(kind, spec))
  const found = all.find(({ name }) => name === container)
  if (!found) throw new Error(`RENDERED_COMMAND: no container ${container}`)
  const values = new Map(found.env?.map(({ name, value }) => [name, value ?? known[name]]))
  return found.args.map((arg) => arg.replaceAll(/\$\(([A-Z_]+)\)/g, (whole, name: string) => values.get(name) ?? whole))
}

function containersOf(kind: string, spec: unknown): readonly Container[] {
  const pod = kind === 'Pod' ? spec : (spec as { template?: { spec?: unknown } } | undefined)?.template?.spec
  return (pod as { containers?: readonly Container[] } | undefined)?.containers ?? []
}

/** The flags but for some; each is `--name=value`. */
export function flagsWithout(args: readonly string[], ...names: readonly string[]): string[] {
  return args.filter((arg) => !names.some((name) => arg.startsWith(`--${name}=`)))
}
