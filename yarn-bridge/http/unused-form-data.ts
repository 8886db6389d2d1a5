/** Stands for `form-data` in the build: axios and webhdfs load it, and use it for HTML forms, which nobody here sends. */
export default class UnusedFormData {
  constructor() {
    throw new Error('Forms are not used: HttpClient sends bytes.');
  }
}
