@echo off
rem run.cmd [ARGS]: builds into build\ when a source is newer, and starts `porthole ARGS`. It needs MSYS2 with the packages
rem that README names (Windows), in C:\msys64 or where MSYS2 says.
setlocal
if not defined MSYS2 set "MSYS2=C:\msys64"
if not exist "%MSYS2%\usr\bin\bash.exe" (
    echo run.cmd: there is no MSYS2 in "%MSYS2%"; install it from https://www.msys2.org, or set MSYS2 to its folder 1>&2
    exit /b 1
)
set "here=%~dp0"
set MSYSTEM=UCRT64
set CHERE_INVOKING=1
pushd "%here%"
"%MSYS2%\usr\bin\bash.exe" -lc "{ [ -f build/build.ninja ] || cmake -B build -G Ninja -DTESTS=OFF; } && cmake --build build --target porthole" > "%TEMP%\porthole-build.log" 2>&1
if errorlevel 1 (
    type "%TEMP%\porthole-build.log" 1>&2
    echo run.cmd: it could not be built; are the packages installed that README names? 1>&2
    exit /b 1
)
set "PATH=%MSYS2%\ucrt64\bin;%PATH%"
"%here%build\bin\porthole.exe" %*
exit /b %errorlevel%
