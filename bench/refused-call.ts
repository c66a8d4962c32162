/**
 * Measures a call for which no rule matches (INVITE, 503, ACK), compared with Kamailio doing the same work.
 * Run: npx node bench/refused-call.ts [--quick] [--profile] [--rules N]
 */
import { runCallBenchmark } from './call-benchmark.ts'

// RFC 3261 §17.2.1: Timer I keeps the transaction for 5 s after the ACK; Kamailio's wt_timer is as long.
await runCallBenchmark({ scenario: 'refused', settleSeconds: { sipDispatch: 6, kamailio: 6 } })
