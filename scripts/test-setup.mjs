import { endOnError, stopCommandsOnSignal } from './command.mjs'
import { setUpKubernetesParts } from './kubernetes-parts.mjs'
import { setUpPackages, setUpPrograms, TEST_PROGRAMS } from './set-up.mjs'

stopCommandsOnSignal()
await setUpPackages().catch(endOnError)
await setUpPrograms(TEST_PROGRAMS)
await setUpKubernetesParts()
