import { offerSharedServer } from './shared-server.ts'

// biome-ignore lint/style/noDefaultExport: jest calls the default export of its globalSetup
export default offerSharedServer
