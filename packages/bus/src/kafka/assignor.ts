import { AssignerProtocol, type Assigner, type Cluster, type GroupMember, type PartitionAssigner } from "kafkajs";
import { BusError } from "../errors.ts";

/** Raised when the assignment changes; then the old name stays beside it for one release, so that both can be in one group (rule 39). */
export const assignorName = "finality-copartition-v1";

export type AssignorOptions = {
  readonly name: string;
  /** Awaited before the member joins a group again: nobody else is given a partition while a batch of it is in work here. The hook is a patch of kafkajs. */
  readonly beforeJoin: () => Promise<void>;
};

/** Gives partition n of every topic to one member, the same to each when all stay, and as many to each as can be. */
export const coPartitioning =
  ({ name, beforeJoin }: AssignorOptions): PartitionAssigner =>
  ({ cluster }): Assigner & { beforeJoin: () => Promise<void> } => ({
    name,
    version: 0,
    beforeJoin,
    assign: async ({ members, topics }) => assign(cluster, members, topics),
    protocol: ({ topics }) => ({ name, metadata: AssignerProtocol.MemberMetadata.encode({ version: 0, topics, userData: Buffer.alloc(0) }) }),
  });

const assign = (cluster: Cluster, members: readonly GroupMember[], topics: readonly string[]): { memberId: string; memberAssignment: Buffer }[] => {
  const counts = topics.map((topic) => cluster.findTopicPartitionMetadata(topic).length);
  const [partitions = 0] = counts;
  if (counts.some((count) => count !== partitions)) {
    throw new BusError("partition_mismatch", `Co-partitioned topics must have equally many partitions; ${topics.map((topic, index) => `${topic} has ${String(counts[index])}`).join(", ")}.`);
  }
  return share(members.map(({ memberId }) => memberId), partitions).map(({ memberId, numbers }) => ({
    memberId,
    memberAssignment: AssignerProtocol.MemberAssignment.encode({ version: 0, assignment: Object.fromEntries(topics.map((topic) => [topic, [...numbers]])), userData: Buffer.alloc(0) }),
  }));
};

/** Partition n goes to member n modulo members, in order of their ids: logs are given low partitions first, so they spread too. */
const share = (memberIds: readonly string[], partitions: number): readonly { readonly memberId: string; readonly numbers: readonly number[] }[] => {
  const sorted = memberIds.toSorted();
  return sorted.map((memberId, index) => ({
    memberId,
    numbers: Array.from({ length: partitions }, (_, partition) => partition).filter((partition) => partition % sorted.length === index),
  }));
};
