/** A small installation: a namespace of a real API server, a real cache, one operator and one ingress pod. */
import { type IngressOptions, type IngressProcess, startIngress } from './ingress-process.ts'
import type { KubectlResult } from './kubectl.ts'
import { type KubernetesApi, kubernetesApi } from './kubernetes-api.ts'
import { manifestText } from './manifest-text.ts'
import { callNumber } from './one-call.ts'
import { eventually, type OperatorOptions, type OperatorProcess, startOperator } from './operator-process.ts'
import { type RedisServer, startRedisServer } from './redis-server.ts'

const PREFIX = 'test'

export interface ConditionText {
  readonly status: string
  readonly reason: string
  readonly message: string
  readonly observedGeneration: number
}

export interface Cluster {
  readonly api: KubernetesApi
  readonly redis: RedisServer
  readonly namespace: string
  readonly ingress: IngressProcess
  /** Starts one more operator of the installation. */
  operator(change?: Partial<OperatorOptions>): Promise<OperatorProcess>
  /** Starts one more pod that reads the same table, under a name of its own. */
  pod(change?: Partial<IngressOptions>): Promise<IngressProcess>
  /** kubectl in the namespace. Throws where it fails. */
  kubectl(...args: readonly string[]): Promise<string>
  /** Like `kubectl`, but returns its exit code and its output. */
  tryKubectl(args: readonly string[], input?: string): Promise<KubectlResult>
  apply(...objects: readonly object[]): Promise<void>
  /** A condition of `drule/name` or `trunk/name`; undefined until it is written. */
  condition(object: string, type: string): Promise<ConditionText | undefined>
  /** Resolves when the condition has the reason. */
  reason(object: string, type: string, reason: string): Promise<ConditionText>
  /** Calls the number from 127.0.0.1 and returns the final status; 0 where none came. */
  call(number: string, port?: number): Promise<number>
  /** Calls the number until this final status comes, and returns it. */
  answered(number: string, status: number): Promise<number>
  stop(): Promise<void>
}

/**
 * Starts everything but the operator. `given`: an API server of the test's own, which the test has to stop. `pod`: options of
 * the ingress.
 */
export async function startCluster(given?: KubernetesApi, pod: Partial<IngressOptions> = {}): Promise<Cluster> {
  const api = given ?? (await kubernetesApi())
  const [namespace, redis] = await Promise.all([api.namespace(), startRedisServer()])
  const ingress = await startIngress({ cache: redis.url, prefix: PREFIX, ...pod })
  const started: { stop(): Promise<unknown> }[] = [ingress]
  const tryKubectl = (args: readonly string[], input?: string): Promise<KubectlResult> =>
    api.kubectl(['--namespace', namespace, ...args], input === undefined ? {} : { input })
  const kubectl = async (...args: readonly string[]): Promise<string> => output(args, await tryKubectl(args))
  const condition = async (object: string, type: string): Promise<ConditionText | undefined> => {
    const { status }: { status?: { conditions?: (ConditionText & { type: string })[] } } = JSON.parse(
      await kubectl('get', object, '--output=json'),
    )
    return status?.conditions?.find((one) => one.type === type)
  }
  const call = (number: string, port = ingress.udp): Promise<number> => callNumber(number, port)
  return {
    ...{ api, redis, namespace, ingress, kubectl, tryKubectl, condition, call },
    operator: async (change = {}) => {
      const operator = await startOperator({
        ...{ kubeconfig: api.kubeconfig, cache: redis.url, prefix: PREFIX, namespace },
        ...change,
      })
      started.push(operator)
      return operator
    },
    pod: async (change = {}) => {
      const name = `pod-${started.length + 1}`
      const pod = await startIngress({ cache: redis.url, prefix: PREFIX, pod: name, ...change })
      started.push(pod)
      return pod
    },
    apply: async (...objects) => {
      output(['apply'], await tryKubectl(['apply', '--filename=-'], manifestText(objects)))
    },
    reason: (object, type, reason) => {
      let last: ConditionText | undefined
      return eventually(
        async () => {
          last = await condition(object, type)
          return last?.reason === reason ? last : undefined
        },
        () => `${object} ${type}: ${JSON.stringify(last)}, not ${reason}`,
      )
    },
    answered: (number, status) => {
      let last = 0
      return eventually(
        async () => {
          last = await call(number)
          return last === status ? last : undefined
        },
        () => `${number} is answered ${last}, not ${status}`,
      )
    },
    stop: async () => {
      await Promise.all(started.map((part) => part.stop()))
      await redis.stop()
      await api.kubectl(['delete', 'namespace', namespace, '--wait=false'])
    },
  }
}

function output(args: readonly string[], { code, stdout, stderr }: KubectlResult): string {
  if (code !== 0) throw new Error(`KUBECTL_FAILED: kubectl ${args.join(' ')}: ${stderr}`)
  return stdout
}
