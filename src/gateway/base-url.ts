import { z } from 'zod'

const isHttpUrl = (text: string) => /^https?:$/.test(URL.parse(text)?.protocol ?? '')

/** Replaces the public address of a provider, for a relay or a test. */
export const baseUrl = z.string().refine(isHttpUrl, 'must be an http(s) URL')

/** The path of a base URL, without a trailing slash. */
export const pathPrefix = (url: URL) => url.pathname.replace(/\/+$/, '')
