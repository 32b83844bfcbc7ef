export { startDispatcher, type Dispatcher, type DispatcherDeps } from "./dispatcher.ts";
