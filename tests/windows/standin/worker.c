/* tests/windows/standin/worker.c - does nothing for as long as it is told to: as vmwp.exe, or any other
 * process that must be there. `worker SECONDS [WORDS that others read in its command line]` */
#include <stdlib.h>
#include <windows.h>

int main(int argc, char **argv)
{
    Sleep(argc > 1 ? (DWORD)atoi(argv[1]) * 1000 : 0);
    return 0;
}
