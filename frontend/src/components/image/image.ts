/** Logic of an Image, apart from its markup. */

export interface WebcamOptions {
  mirror?: boolean
  constraints?: { video?: MediaTrackConstraints } | MediaTrackConstraints | null
}

export type Source = 'upload' | 'webcam' | 'clipboard'

/** Pixel of the picture under a click, when it is fitted into its box with bars at the sides; null on a bar. */
export function pixelAt(
  click: { x: number; y: number },
  box: { width: number; height: number },
  picture: { width: number; height: number },
): [number, number] | null {
  const scale = Math.min(box.width / picture.width, box.height / picture.height)
  const x = (click.x - (box.width - picture.width * scale) / 2) / scale
  const y = (click.y - (box.height - picture.height * scale) / 2) / scale
  if (x < 0 || y < 0 || x >= picture.width || y >= picture.height) return null
  return [Math.floor(x), Math.floor(y)]
}

/** Video constraints in either of the two supported forms. */
export function constraintsOf(options: WebcamOptions | null | undefined): MediaTrackConstraints | true {
  const given = options?.constraints
  if (!given) return true
  return 'video' in given && given.video ? given.video : (given as MediaTrackConstraints)
}

/** The first picture in pasted data. */
export function pasted(items: Iterable<Pick<DataTransferItem, 'kind' | 'type' | 'getAsFile'>>): File | null {
  for (const item of items) {
    if (item.kind !== 'file' || !item.type.startsWith('image/')) continue
    const file = item.getAsFile()
    if (file) return file
  }
  return null
}

/** A picture from the clipboard, requested by a button. */
export async function fromClipboard(): Promise<File | null> {
  for (const item of await navigator.clipboard.read()) {
    const type = item.types.find((name) => name.startsWith('image/'))
    if (type) return new File([await item.getType(type)], `pasted.${type.split('/')[1]}`, { type })
  }
  return null
}

/** The camera's current picture as a file. */
export async function capture(video: HTMLVideoElement, mirror: boolean): Promise<File | null> {
  const canvas = document.createElement('canvas')
  canvas.width = video.videoWidth
  canvas.height = video.videoHeight
  const context = canvas.getContext('2d')
  if (!context || canvas.width === 0) return null
  if (mirror) {
    context.translate(canvas.width, 0)
    context.scale(-1, 1)
  }
  context.drawImage(video, 0, 0)
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'))
  return blob && new File([blob], 'webcam.png', { type: 'image/png' })
}
