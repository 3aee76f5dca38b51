/* backends/hcs/crew.h - threads of our own for calls that may not return.
 *
 * libuv's pool has four threads for the whole program: four calls that hang would hold up every look-up of a
 * name and every file as well. A crew has its own, made when they are needed, up to a bound; those that have
 * had nothing to do for a while end. Portable.
 */
#ifndef BACKENDS_HCS_CREW_H
#define BACKENDS_HCS_CREW_H

struct crew;
struct uv_loop_s;

struct crew_job { /* one thing to do; embedded in what it works on, which lives until `after` */
    struct crew_job *next;
    void (*run)(struct crew_job *);   /* on a thread of the crew */
    void (*after)(struct crew_job *); /* then from the loop; may hand out the same job again */
    void *data;                       /* the owner's */
};

/* At most so many threads; what is to be done beyond that waits for its turn. */
struct crew *crew_new(struct uv_loop_s *loop, unsigned most);

/* From the loop's thread. Where the system has not one thread to give, it ends as when memory is exhausted.
 */
void crew_do(struct crew *c, struct crew_job *job, void (*run)(struct crew_job *),
             void (*after)(struct crew_job *));

/* Nothing is told after this: jobs that wait are dropped, and a thread that hangs in its job is left to it
 * (the job and all that it uses must then stay in memory for ever). done comes from the loop. */
void crew_close(struct crew *c, void (*done)(void *user), void *user);

#endif
