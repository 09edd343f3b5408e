// Bodies of these types pass as they are; of any other, API Gateway reads text, and bytes that are not UTF-8 are lost. It knows
// no `audio/*`, and `*/*` would take JSON for bytes too.
export const binaryTypes: readonly string[] = [
  // Forms of the OpenAI, Azure OpenAI, Anthropic and Mistral clients (files, audio, image edits), and Gemini's uploads.
  "multipart/form-data",
  "multipart/related",
  // Bare files: Gemini's upload API, Hugging Face, Deepgram, Azure AI Speech and Vision, SageMaker.
  "application/octet-stream",
  "application/pdf",
  "application/zip",
  "audio/aac",
  "audio/flac",
  "audio/mp4",
  "audio/mpeg",
  "audio/ogg",
  "audio/wav",
  "audio/webm",
  "audio/x-wav",
  "image/gif",
  "image/jpeg",
  "image/png",
  "image/webp",
  "video/mp4",
  "video/quicktime",
  "video/webm",
];
