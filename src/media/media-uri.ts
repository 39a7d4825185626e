/** Client-server API, "Matrix Content (mxc://) URIs". */
const MEDIA_ID = /^[A-Za-z0-9_-]{1,255}$/

export function isMediaId(text: string): boolean {
  return MEDIA_ID.test(text)
}

export function mediaUri(serverName: string, mediaId: string): string {
  return `mxc://${serverName}/${mediaId}`
}
