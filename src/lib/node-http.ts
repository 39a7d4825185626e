// `import … from 'node:http'` reads all exports of the module. One of them, `WebSocket`, is a getter that
// loads the HTTP client inside Node (`fetch`): 40 ms and 15 MiB at each start. `getBuiltinModule` returns the
// same module without reading its exports.
const http = process.getBuiltinModule('node:http')

export const { createServer, STATUS_CODES } = http
