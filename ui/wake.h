/* ui/wake.h - tells the loop that keys wait, that the window changed, that we were asked to stop or to go to
 * the back. wake_posix.c polls standard input and listens to signals; wake_windows.c waits on the console
 * handle in a thread. */
#ifndef UI_WAKE_H
#define UI_WAKE_H

struct uv_loop_s;
struct wake;

enum wake_event {
    WAKE_KEYS,      /* read keys until none waits */
    WAKE_RESIZE,    /* the window's size changed */
    WAKE_SUSPEND,   /* Ctrl-Z from outside: SIGTSTP */
    WAKE_RESUMED,   /* SIGCONT */
    WAKE_TERMINATE, /* SIGTERM, SIGINT, SIGQUIT from outside */
    WAKE_HANGUP     /* SIGHUP, or standard input is gone */
};

struct wake *wake_new(struct uv_loop_s *loop, void (*cb)(void *user, enum wake_event event, int signal),
                      void *user);
void wake_free(struct wake *w);           /* its handles close in the next turn of the loop */
void wake_hold(struct wake *w, int hold); /* while another program has the terminal */

#endif
