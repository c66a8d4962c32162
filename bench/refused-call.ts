/**
 * What a call costs that no rule takes (INVITE, 503, ACK), beside Kamailio with equal work.
 * Run: npx node bench/refused-call.ts [--quick] [--profile] [--rules N]
 */
import { runCallBenchmark } from './call-benchmark.ts'

// RFC 3261 §17.2.1: Timer I keeps the transaction for 5 s after the ACK; Kamailio's wt_timer as long.
await runCallBenchmark({ scenario: 'refused', settleSeconds: { sipDispatch: 6, kamailio: 6 } })
