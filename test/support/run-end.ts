import { endSharedServer } from './shared-server.ts'

// biome-ignore lint/style/noDefaultExport: jest calls the default export of its globalTeardown
export default endSharedServer
