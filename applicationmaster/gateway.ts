import type { HexId } from '../core/ids.js';
import type { Logger } from '../core/logging.js';
import type { ApplicationMasterGateway, RegistrationAccepted } from '../core/protocol/index.js';
import type { Handlers } from '../core/rpc/index.js';
import type { Dispatcher } from './dispatcher/dispatcher.js';
import type { SlotManager } from './resourcemanager/slot-manager.js';

export interface GatewayOptions {
  sessionId: HexId;
  logger: Logger;
  /** What a TaskManager is told when it registers. */
  accepted(): RegistrationAccepted;
  /** Throw while the ApplicationMaster is starting. */
  slots(): SlotManager;
  dispatcher(): Dispatcher;
}

/** What TaskManagers may call: each message goes to the one part that it concerns. */
export function applicationMasterHandlers(options: GatewayOptions): Handlers<ApplicationMasterGateway> {
  const { logger, accepted, slots, dispatcher } = options;
  return {
    registerTaskManager: (registration, connection) => {
      slots().register(registration, connection);
      return accepted();
    },
    heartbeat: (heartbeat, connection) => {
      slots().heartbeat(connection, heartbeat);
      dispatcher().updateMetrics(heartbeat.tasks);
    },
    updateTaskState: update => dispatcher().updateTask(update),
    slotAvailable: (report, connection) => slots().slotAvailable(connection, report),
    disconnectTaskManager: ({ reason }, connection) => slots().leaves(connection, reason),
    reportWarning: ({ message }, connection) => logger.warn(`TaskManager ${connection.peer.id}: ${message}`),
  };
}
