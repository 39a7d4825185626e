import { isMainThread } from 'node:worker_threads'
import './resolve-imports.ts'

// Loaded before each test file. Workers have no property tests.
if (isMainThread) await import('./property.ts')
