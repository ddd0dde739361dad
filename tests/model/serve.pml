/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtual time: when the antenna's clock of `zcring serve` moves at free pace, for Spin. The rule
 * in words is in docs/design.md, "Virtual time". `check` explores every state of several scenarios,
 * and then runs mutations, each of which breaks one thing: every mutation must fail.
 *
 * The scenarios, each a -D:
 *   KILL       reader 0 may die at any place
 *   STALL      reader 0 may stop reading for ever, at any place
 *   STOP       reader 1 may stop its stream at any place, once, and start another one
 *   LOST       the feeder may die at any place
 *   ANSWER     the feeder is the reader 0: it sends, or not, after each sample that it receives
 *   IN_STEP    one program reads a sample of receiver 0, then one of receiver 1, and so on
 *   LISTENER   receiver 0 is a listener
 *   THREE      there is a receiver 2
 *
 * Proved for each feed of up to RUN samples:
 *   - the clock never passes the promise of the feeder, nor the ring of a running member, nor what
 *     the antenna keeps for a receiver; and it only moves for a member that runs, or at the end of
 *     a feed;
 *   - a member that was not demoted loses nothing. Each sample that is read is the one of its
 *     place: sample clock = produced + lost;
 *   - members that wait for the same quorum begin at the same sample;
 *   - a member is demoted only while it holds up another one that has room;
 *   - each stream of an orderly feed gets all of it up to its end, and is then stopped; each stream
 *     of a lost feed gets all that was written, and is then faulted;
 *   - no deadlock: as long as the feeder promises or ends, each reader that goes on reading reaches
 *     the end of its stream.
 *
 * Differences between model and code:
 *   - Whatever can happen at last happens, as the server looks at all shared words again and again.
 *     Kicks and wake-ups only make it earlier.
 *   - Patience may run out at once, or late: time is left out.
 *   - One feed, whose sample 0 is at tick 0. One channel, and no ring of descriptors.
 *   - Memory is in order here; feed.pml and ring.pml have the orderings of what is shared.
 */
#ifndef RING
#define RING	2		/* samples in the ring of each receiver */
#endif
#ifndef D0
#define D0	1		/* ticks for each sample of receiver 0 */
#endif
#ifndef LAG0
#define LAG0	0		/* ticks by which receiver 0 hears later */
#endif
#ifndef KEEP
#define KEEP	2		/* ticks that the antenna keeps */
#endif
#ifndef FEED
#define FEED	2		/* samples in the ring of the feeder */
#endif
#ifndef RUN
#define RUN	3		/* most samples of the feed */
#endif
#ifndef QUORUM
#define QUORUM	1
#endif
#ifndef QUORUM1
#define QUORUM1	QUORUM		/* of receiver 1 */
#endif
#ifndef PATIENCE
#define PATIENCE 0		/* 0: for ever */
#endif

#define RECEIVERS	3
#define NO_LIMIT	100

#define STOPPED		0
#define WAITING		1
#define RUNNING		2
#define FAULT		3
#define GONE		4

#define LEAST(a, b)	((a) < (b) -> (a) : (b))
#define MOST(a, b)	((a) > (b) -> (a) : (b))
#define ANY(f)		(f(0) || f(1) || f(2))
#define ALL(f)		(f(0) && f(1) && f(2))
#define COUNT(f)	(f(0) + f(1) + f(2))
#define LEAST_OF(f)	LEAST(f(0), LEAST(f(1), f(2)))

/* Each receiver. */
byte state[RECEIVERS];
bit listens[RECEIVERS], demoted[RECEIVERS];
byte begin[RECEIVERS], position[RECEIVERS], head[RECEIVERS], lost[RECEIVERS];
bit drained[RECEIVERS];		/* stopped by the end of the feed */

/* What the readers share with the server: the tail, the samples, the connection. */
typedef ring {
	byte tick[RING];
	byte lost[RING]		/* before the sample, in all */
};
ring samples[RECEIVERS];
byte tail[RECEIVERS];
bit connected[RECEIVERS], hung_up[RECEIVERS], reader_over[RECEIVERS];

/* What the feeder shares with the server. */
byte written, silent_until;
bit feed_is_set, ended, feeder_hung_up;
byte fed;			/* the truth: samples and silence so far */
bit feeder_over;

/* The antenna. */
byte clock;
bit locked;
byte end_of_feed;		/* NO_LIMIT until it is known */
bit feed_lost;

/* ---- The rule. ---- */

#define STEP(r)		((r) == 0 -> D0 : 1)
#define LAG(r)		((r) == 0 -> LAG0 : 0)
#define NEEDS(r)	((r) == 1 -> QUORUM1 : QUORUM)

#ifdef MUTANT_DEMOTED_COUNTS
#define IS_MEMBER(r)	(!listens[r])
#else
#define IS_MEMBER(r)	(!listens[r] && !demoted[r])
#endif
#define IS_RUNNING(r)	(state[r] == RUNNING)
#define RUNS_AS_MEMBER(r) (state[r] == RUNNING && IS_MEMBER(r))
#define RUNS_AS_TRUE_MEMBER(r) (state[r] == RUNNING && !listens[r] && !demoted[r])
#define HAS_STREAM(r)	((state[r] == RUNNING || state[r] == WAITING) && !listens[r] && !demoted[r])

#define ROOM(r)		(RING - (head[r] - tail[r]))
#define REACH(r)	(position[r] + ROOM(r) * STEP(r))

/* The parts of the limit. */
#ifdef MUTANT_ROOM_FOR_ONE_MORE
#define MEMBER_LIMIT(r)	(RUNS_AS_MEMBER(r) -> REACH(r) + 1 : NO_LIMIT)
#elif defined(MUTANT_IGNORE_TAIL)
#define MEMBER_LIMIT(r)	(RUNS_AS_MEMBER(r) -> position[r] + RING * STEP(r) : NO_LIMIT)
#elif defined(MUTANT_LISTENER_HOLDS)
#define MEMBER_LIMIT(r)	(IS_RUNNING(r) -> REACH(r) : NO_LIMIT)
#elif defined(MUTANT_WAITING_HOLDS)
#define MEMBER_LIMIT(r)	(RUNS_AS_MEMBER(r) || state[r] == WAITING -> REACH(r) : NO_LIMIT)
#else
#define MEMBER_LIMIT(r)	(RUNS_AS_MEMBER(r) -> REACH(r) : NO_LIMIT)
#endif
#ifdef MUTANT_NOTHING_KEPT
#define KEPT_LIMIT(r)	NO_LIMIT
#else
#define KEPT_LIMIT(r)	(IS_RUNNING(r) -> position[r] + KEEP : NO_LIMIT)
#endif
#define RECEIVER_LIMIT(r) LEAST(MEMBER_LIMIT(r), KEPT_LIMIT(r))

#ifdef MUTANT_NO_SILENCE
#define ANNOUNCED	written
#else
#define ANNOUNCED	MOST(written, silent_until)
#endif
#ifdef MUTANT_NO_SILENCE_AFTER_END
#define AFTER_END	ANNOUNCED
#else
#define AFTER_END	NO_LIMIT
#endif
#ifdef MUTANT_LOST_KEEPS_SILENCE
#define LEFT		ANNOUNCED
#else
#define LEFT		written
#endif
#define PROMISE(is_lost, has_ended) \
	(has_ended -> AFTER_END : (is_lost -> MOST(clock, LEFT) : MOST(clock, ANNOUNCED)))

/* Whether the clock may move at all. */
#ifdef MUTANT_END_NEEDS_MEMBER
#define IS_DRAINING	0
#else
#define IS_DRAINING	(clock >= end_of_feed && ANY(IS_RUNNING))
#endif
#ifdef MUTANT_WAITING_MOVES
#define MOVES		(ANY(HAS_STREAM) || IS_DRAINING)
#elif defined(MUTANT_MOVES_ALONE)
#define MOVES		1
#else
#define MOVES		(ANY(RUNS_AS_MEMBER) || IS_DRAINING)
#endif

/* When a stream begins. */
#ifdef MUTANT_BEGIN_WITHOUT_FEED
#define FEED_IS_THERE	1
#else
#define FEED_IS_THERE	(feed_is_set && !feed_lost && clock < end_of_feed)
#endif
#define WAS_STARTED(r)	(state[r] == RUNNING || state[r] == WAITING)
#define IS_CONNECTED(r)	(connected[r] && !hung_up[r])
#ifdef MUTANT_QUORUM_OF_CONNECTIONS
#define PRESENT		COUNT(IS_CONNECTED)
#elif defined(MUTANT_QUORUM_OF_DEMOTED)
#define PRESENT		COUNT(WAS_STARTED)
#else
#define PRESENT		COUNT(HAS_STREAM)
#endif
#define CAN_BEGIN(r) \
	(state[r] == WAITING && FEED_IS_THERE && (listens[r] || PRESENT >= NEEDS(r)))

/* Patience. */
#define HAS_ROOM(r)	(RUNS_AS_MEMBER(r) && REACH(r) > clock)
#ifdef MUTANT_DEMOTE_ALONE
#define OTHERS_COULD_GO_ON 1
#else
#define OTHERS_COULD_GO_ON (ANY(HAS_ROOM) && PROMISE(feed_lost, ended) > clock)
#endif
#define CAN_DEMOTE(r) \
	(PATIENCE && RUNS_AS_TRUE_MEMBER(r) && REACH(r) <= clock && OTHERS_COULD_GO_ON)

/* A stream that takes part has nothing more to hear of the feed. */
#ifdef MUTANT_STOP_AT_ONCE
#define HAS_HEARD_END(r) (state[r] == RUNNING && end_of_feed != NO_LIMIT)
#else
#define HAS_HEARD_END(r) (state[r] == RUNNING && position[r] >= end_of_feed + LAG(r))
#endif
#define HAS_HEARD_LEFT(r) (state[r] != RUNNING || position[r] + STEP(r) > clock)
#ifdef MUTANT_FAULT_AT_ONCE
#define HAS_LOST_FEED	feed_lost
#else
#define HAS_LOST_FEED	(feed_lost && clock == MOST(clock, LEFT) && ALL(HAS_HEARD_LEFT))
#endif

/* ---- The server. ---- */

hidden byte r;
hidden byte chosen[RECEIVERS];

inline begin_all()
{
	d_step {
		r = 0;
		do
		:: r < RECEIVERS -> chosen[r] = CAN_BEGIN(r); r++
		:: else -> break
		od;
		r = 0;
		do
		:: r < RECEIVERS && chosen[r] ->
			assert(feed_is_set && clock < end_of_feed);
			assert(listens[r] || COUNT(HAS_STREAM) >= NEEDS(r));
			state[r] = RUNNING;
#ifdef MUTANT_JOIN_AT_0
			begin[r] = 0;
#else
			begin[r] = clock;
#endif
			position[r] = begin[r];
			chosen[r] = 0;
			r++
		:: r < RECEIVERS && !chosen[r] -> r++
		:: else -> break
		od;
		r = 0
	}
}

#define CAN_BEGIN_NOW(r) CAN_BEGIN(r)
#define LIMIT_NOW	LEAST(PROMISE(feeder_hung_up && !ended, ended), LEAST_OF(RECEIVER_LIMIT))

/* What the clock must never pass, whatever the rule is. */
#define IS_WITHIN(r)	(!RUNS_AS_TRUE_MEMBER(r) || clock <= REACH(r))
#define IS_KEPT(r)	(!IS_RUNNING(r) || clock <= position[r] + KEEP)

inline move(limit)
{
	d_step {
		if
		:: limit > clock && MOVES ->
			assert(ANY(RUNS_AS_TRUE_MEMBER) || clock >= end_of_feed);
			clock = limit;
			assert(ALL(IS_WITHIN));
			assert(ALL(IS_KEPT));
			assert(ended || clock <= fed);
			assert(!feed_lost || clock <= written)
		:: else
		fi
	}
}

/* The feeder's part of the limit: first a hang-up, then the end, then the other words. */
inline look_for_hang_up()
{
	is_lost = feeder_hung_up
}

inline look_for_end()
{
	has_ended = ended
}

inline look_at_words()
{
	until = ANNOUNCED;
	left = LEFT
}

inline conclude()
{
	d_step {
		is_lost = is_lost && !has_ended;
		if
		:: has_ended && end_of_feed == NO_LIMIT ->
			end_of_feed = until;
			assert(end_of_feed == fed)
		:: else
		fi;
#if defined(MUTANT_LOST_IS_END)
		if
		:: is_lost && end_of_feed == NO_LIMIT -> end_of_feed = left
		:: else
		fi;
#elif !defined(MUTANT_LOSS_IGNORED)
		if
		:: is_lost && !ANY(IS_RUNNING) -> feed_is_set = 0	/* dropped */
		:: is_lost && ANY(IS_RUNNING) -> feed_lost = 1
		:: else
		fi;
#endif
		if
		:: has_ended -> limit = AFTER_END
		:: !has_ended && is_lost -> limit = MOST(clock, left)
		:: else -> limit = MOST(clock, until)
		fi;
		until = 0;
		left = 0;
		has_ended = 0;
		is_lost = 0
	}
}

inline look_at_receivers()
{
	limit = LEAST(limit, LEAST_OF(RECEIVER_LIMIT))
}

#ifdef MUTANT_LIMIT_BEFORE_LOCK
#define IS_FREE		1
#else
#define IS_FREE		(!locked)
#endif

#ifdef MUTANT_LOSS_IGNORED
#define HAS_NEWS	(ended && end_of_feed == NO_LIMIT)
#else
#define HAS_NEWS	(ended && end_of_feed == NO_LIMIT || \
			 feeder_hung_up && !ended && feed_is_set && !feed_lost)
#endif

/* Moves the clock. The lock keeps beginnings and ends of streams, and receivers, out. */
active proctype antenna()
{
	byte limit, until, left;
	bit has_ended, is_lost;

end:
	do
	:: atomic {
		LIMIT_NOW > clock && MOVES || HAS_NEWS ->
#ifndef MUTANT_LIMIT_BEFORE_LOCK
		locked = 1
#endif
	   };
#if defined(MUTANT_WORDS_BEFORE_END)
		look_for_hang_up();
		look_at_words();
		look_for_end();
#elif defined(MUTANT_WORDS_BEFORE_HANG_UP)
		atomic { look_for_end(); look_at_words() };
		look_for_hang_up();
#else
		look_for_hang_up();
		look_for_end();
		look_at_words();
#endif
		atomic { conclude(); look_at_receivers() };
		atomic { move(limit); limit = 0; locked = 0 }
	od
}

/* Beginnings, and the end of a lost feed. */
active proctype streams()
{
	byte i;

end:
	do
	:: atomic { IS_FREE && ANY(CAN_BEGIN_NOW) -> begin_all() }
	:: d_step { IS_FREE && HAS_LOST_FEED && ANY(IS_RUNNING) ->
		assert(clock >= written);
		do
		:: i < RECEIVERS && state[i] == RUNNING ->
			assert(listens[i] || demoted[i] || position[i] + STEP(i) > written);
			state[i] = FAULT;
			i++
		:: i < RECEIVERS && state[i] != RUNNING -> i++
		:: else -> break
		od;
		i = 0
	   }
	:: d_step { IS_FREE && feed_lost && !ANY(IS_RUNNING) ->
		feed_is_set = 0;
		feed_lost = 0
	   }
	od
}

/* A receiver takes one sample. */
inline take(i)
{
	assert(clock - position[i] <= KEEP);
	if
	:: ROOM(i) > 0 ->
		samples[i].tick[head[i] % RING] = position[i];
		samples[i].lost[head[i] % RING] = lost[i];
		head[i]++
	:: else ->
		assert(listens[i] || demoted[i]);
		lost[i]++
	fi;
	position[i] = position[i] + STEP(i)
}

#define MAY_TAKE(i)	(state[i] == RUNNING && position[i] + STEP(i) <= clock && \
			 !HAS_HEARD_END(i) && (!RUNS_AS_TRUE_MEMBER(i) || ROOM(i) > 0))

/* What happens to one receiver in the server. */
proctype receiver(byte i)
{
end:
	do
	:: d_step { IS_FREE && MAY_TAKE(i) -> take(i) }
	:: d_step { IS_FREE && HAS_HEARD_END(i) -> state[i] = STOPPED; drained[i] = 1 }
	:: d_step { IS_FREE && CAN_DEMOTE(i) ->
		assert(ANY(HAS_ROOM) && (ended || MOST(written, silent_until) > clock));
		demoted[i] = 1
	   }
#ifndef MUTANT_HANG_UP_STAYS
	:: d_step { IS_FREE && hung_up[i] && state[i] != GONE -> state[i] = GONE }
#endif
	od
}

/* ---- The readers. ---- */

#define IS_OVER(r)	reader_over[r]
#define OTHERS_OVER(r)	(((r) == 0 || reader_over[0]) && ((r) == 1 || reader_over[1]) && \
			 ((r) == 2 || reader_over[2]))

inline start(i)
{
	d_step { IS_FREE ->
		state[i] = WAITING;
		demoted[i] = 0;
		drained[i] = 0;
		head[i] = 0;
		tail[i] = 0;
		lost[i] = 0;
		begin[i] = clock;
		position[i] = clock
	}
}

#define VALUE(i)	samples[i].tick[tail[i] % RING]
#define LOST_BEFORE(i)	samples[i].lost[tail[i] % RING]

/* The next sample is the one of its place, and only a listener has lost some. */
inline check_sample(i)
{
	assert(VALUE(i) == begin[i] + (tail[i] + LOST_BEFORE(i)) * STEP(i));
	assert(LOST_BEFORE(i) == 0 || listens[i] || demoted[i])
}

inline check_end(i)
{
	assert(head[i] == tail[i]);
	assert(position[i] == begin[i] + (head[i] + lost[i]) * STEP(i) ||
	       state[i] == STOPPED && !drained[i]);
	assert(!drained[i] || ended && position[i] >= fed + LAG(i));
	assert(state[i] != FAULT || feeder_hung_up && !ended)
}

/* The user ends a stream that cannot begin, or has no member to move its clock, any more. */
#define IS_HOPELESS(i) \
	((state[i] == WAITING && \
	  (feeder_over && (!feed_is_set || clock >= end_of_feed || feeder_hung_up && !ended) || \
	   OTHERS_OVER(i) && COUNT(HAS_STREAM) < NEEDS(i) && !listens[i])) || \
	 (state[i] == RUNNING && (listens[i] || demoted[i]) && OTHERS_OVER(i) && \
	  !ANY(RUNS_AS_TRUE_MEMBER) && clock < end_of_feed))

proctype reader(byte i)
{
	bit has_stopped;

again:
	skip;
	start(i);
	do
	:: d_step { head[i] > tail[i] -> check_sample(i); tail[i]++ }
	:: atomic { head[i] == tail[i] && state[i] != WAITING && state[i] != RUNNING ->
		check_end(i);
		goto over
	   }
	:: atomic { head[i] == tail[i] && IS_HOPELESS(i) -> goto over }
#ifdef KILL
	:: atomic { i == 0 -> hung_up[i] = 1; goto over }
#endif
#ifdef STALL
	:: atomic { i == 0 -> goto over }
#endif
#ifdef STOP
	:: d_step { IS_FREE && i == 1 && !has_stopped && WAS_STARTED(i) ->
		has_stopped = 1;
#ifndef MUTANT_STOP_STAYS
		state[i] = STOPPED
#endif
	   };
		if
		:: goto again
		:: goto over
		fi
#endif
	od;
over:
	reader_over[i] = 1
}

/* One program reads two receivers, and has to see the same sample in both. */
proctype reader_of_two()
{
	start(0);
	start(1);
	do
	:: head[0] > tail[0] ->
		check_sample(0);
		if
		:: head[1] > tail[1] ->
			check_sample(1);
			assert(VALUE(0) == VALUE(1));
			d_step { tail[0]++; tail[1]++ }
		:: state[1] == STOPPED && head[1] == tail[1] -> assert(0)
		fi
	:: state[0] == STOPPED && head[0] == tail[0] -> break
	:: state[0] == WAITING && IS_HOPELESS(0) -> break
	od;
	atomic { reader_over[0] = 1; reader_over[1] = 1 }
}

/* ---- The feeder. ---- */

inline feed(n)
{
	d_step { fed = fed + n; written = fed }
}

inline announce(n)
{
	d_step { fed = fed + n; silent_until = fed }
}

inline end_feed()
{
	ended = 1;
	feeder_hung_up = 1
}

proctype feeder()
{
	feed_is_set = 1;
	do
	:: fed + 1 <= RUN && fed + 1 <= clock + FEED -> feed(1)
	:: fed + 2 <= RUN && fed + 2 <= clock + FEED -> feed(2)
	:: fed + 1 <= RUN -> announce(1)
	:: fed + 2 <= RUN -> announce(2)
	:: end_feed(); break
#ifdef LOST
	:: atomic { feeder_hung_up = 1; break }
#endif
	:: atomic { ALL(IS_OVER) -> break }
	od;
	feeder_over = 1
}

/* Answers to each sample with the next one, or with silence. */
proctype answerer()
{
	feed_is_set = 1;
	start(0);
#ifndef MUTANT_ANNOUNCE_FIRST
	state[0] == RUNNING;	/* in the code, the call that starts it begins it, if it can */
#endif
	announce(1);
	do
	:: d_step { head[0] > tail[0] -> check_sample(0); tail[0]++ };
		if
		:: fed < RUN -> feed(1)
		:: fed < RUN -> announce(1)
		:: fed >= RUN -> ended = 1
		fi
	:: atomic { head[0] == tail[0] && !WAS_STARTED(0) -> check_end(0) };
		break
	od;
	feeder_hung_up = 1;
	atomic { reader_over[0] = 1; feeder_over = 1 }
}

init {
	d_step {
		end_of_feed = NO_LIMIT;
#ifndef THREE
		reader_over[2] = 1;
#endif
#ifdef LISTENER
		listens[0] = 1;
#endif
		connected[0] = 1;
		connected[1] = 1
	}
	atomic {
		run receiver(0);
		run receiver(1);
#ifdef THREE
		run receiver(2);
		run reader(2);
#endif
#ifdef IN_STEP
		run reader_of_two();
#else
		run reader(1);
#ifndef ANSWER
		run reader(0);
#endif
#endif
#ifdef ANSWER
		run answerer()
#else
		run feeder()
#endif
	}
}
